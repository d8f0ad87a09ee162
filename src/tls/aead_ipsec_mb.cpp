#include "aead_ipsec_mb.hpp"

#ifdef PERSONA_IPSEC_MB

#include <array>
#include <cstring>
#include <intel-ipsec-mb.h>

#include <fmt/format.h>
#include <mbedtls/platform_util.h>

#include "constant_time.hpp"

namespace persona::tls {

namespace {

/// The library's function table for this CPU. Threads share it: we use only the direct API, which keeps no
/// state in it.
struct Manager {
  Manager() : functions(alloc_mb_mgr(0)) {
    if (functions == nullptr) {
      return;
    }
    init_mb_mgr_auto(functions, &architecture);
    // ipsec-mb 2.0 refuses a CPU without these features (AES-NI is one of them). 1.x may have been built to
    // emulate AES with table look-ups, which are neither fast nor constant-time, so we check ourselves.
    usable = imb_get_errno(functions) == 0 && architecture != IMB_ARCH_NONE &&
             (functions->features & IMB_CPUFLAGS_SSE) == IMB_CPUFLAGS_SSE;
  }
  ~Manager() {
    if (functions != nullptr) {
      free_mb_mgr(functions);
    }
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  IMB_MGR* functions;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  bool usable = false;
};

const Manager& manager() {
  static const Manager instance;
  return instance;
}

/// Calls a function of the library. On Windows a function must preserve xmm6 to xmm15, and
/// chacha20_poly1305_init of ipsec-mb 1.3 does not: the clobber list makes the compiler save them. In the
/// System V ABI they are caller-saved anyway, so it costs nothing there.
template <class Function, class... Arguments>
[[gnu::always_inline]] inline void call(Function function, Arguments... arguments) {
  function(arguments...);
  asm volatile("" ::: "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

struct Gcm128 {
  static void expand(const IMB_MGR* m, const std::uint8_t* key, gcm_key_data* out) {
    call(m->gcm128_pre, key, out);
  }
  static constexpr auto init = &IMB_MGR::gcm128_init;
  static constexpr auto update = &IMB_MGR::gcm128_enc_update;
  static constexpr auto finalize = &IMB_MGR::gcm128_enc_finalize;
  static constexpr auto decrypt = &IMB_MGR::gcm128_dec;
};

struct Gcm256 {
  static void expand(const IMB_MGR* m, const std::uint8_t* key, gcm_key_data* out) {
    call(m->gcm256_pre, key, out);
  }
  static constexpr auto init = &IMB_MGR::gcm256_init;
  static constexpr auto update = &IMB_MGR::gcm256_enc_update;
  static constexpr auto finalize = &IMB_MGR::gcm256_enc_finalize;
  static constexpr auto decrypt = &IMB_MGR::gcm256_dec;
};

template <class Variant>
class GcmKey final : public AeadKey {
 public:
  explicit GcmKey(ByteView key) { Variant::expand(manager().functions, key.data(), &key_); }
  ~GcmKey() override { mbedtls_platform_zeroize(&key_, sizeof key_); }

  bool seal(ByteView nonce, ByteView additional, ByteView content, std::uint8_t last,
            std::uint8_t* sealed) const override {
    const IMB_MGR* m = manager().functions;
    alignas(64) gcm_context_data state;
    call(m->*Variant::init, &key_, &state, nonce.data(), additional.data(), additional.size());
    call(m->*Variant::update, &key_, &state, sealed, content.data(), content.size());
    call(m->*Variant::update, &key_, &state, sealed + content.size(), &last, std::uint64_t{1});
    call(m->*Variant::finalize, &key_, &state, sealed + content.size() + 1, aead_tag_size);
    mbedtls_platform_zeroize(&state, sizeof state);
    return true;
  }

  bool open(ByteView nonce, ByteView additional, ByteSpan sealed) const override {
    if (sealed.size() < aead_tag_size) {
      return false;
    }
    const std::size_t size = sealed.size() - aead_tag_size;
    alignas(64) gcm_context_data state;
    std::uint8_t tag[aead_tag_size];
    call(manager().functions->*Variant::decrypt, &key_, &state, sealed.data(), sealed.data(), size,
         nonce.data(), additional.data(), additional.size(), tag, sizeof tag);
    mbedtls_platform_zeroize(&state, sizeof state);
    return equal_in_constant_time(tag, sealed.data() + size, sizeof tag);
  }

 private:
  alignas(64) gcm_key_data key_{};  // the library's vector loads need it; its header does not declare it
};

class ChaChaKey final : public AeadKey {
 public:
  explicit ChaChaKey(ByteView key) { std::memcpy(key_.data(), key.data(), key_.size()); }
  ~ChaChaKey() override { mbedtls_platform_zeroize(key_.data(), key_.size()); }

  bool seal(ByteView nonce, ByteView additional, ByteView content, std::uint8_t last,
            std::uint8_t* sealed) const override {
    const IMB_MGR* m = manager().functions;
    alignas(64) chacha20_poly1305_context_data state;
    call(m->chacha20_poly1305_init, key_.data(), &state, nonce.data(), additional.data(), additional.size());
    call(m->chacha20_poly1305_enc_update, key_.data(), &state, sealed, content.data(), content.size());
    call(m->chacha20_poly1305_enc_update, key_.data(), &state, sealed + content.size(), &last,
         std::uint64_t{1});
    call(m->chacha20_poly1305_finalize, &state, sealed + content.size() + 1, aead_tag_size);
    mbedtls_platform_zeroize(&state, sizeof state);
    return true;
  }

  bool open(ByteView nonce, ByteView additional, ByteSpan sealed) const override {
    if (sealed.size() < aead_tag_size) {
      return false;
    }
    const std::size_t size = sealed.size() - aead_tag_size;
    const IMB_MGR* m = manager().functions;
    alignas(64) chacha20_poly1305_context_data state;
    std::uint8_t tag[aead_tag_size];
    call(m->chacha20_poly1305_init, key_.data(), &state, nonce.data(), additional.data(), additional.size());
    call(m->chacha20_poly1305_dec_update, key_.data(), &state, sealed.data(), sealed.data(), size);
    call(m->chacha20_poly1305_finalize, &state, tag, sizeof tag);
    mbedtls_platform_zeroize(&state, sizeof state);
    return equal_in_constant_time(tag, sealed.data() + size, sizeof tag);
  }

 private:
  alignas(64) std::array<std::uint8_t, 32> key_{};
};

}  // namespace

bool ipsec_mb_available() {
  return manager().usable;
}

std::string describe_ipsec_mb() {
  if (!manager().usable) {
    return "ipsec-mb (not usable on this CPU)";
  }
  std::string_view instructions = "SSE";
  switch (manager().architecture) {
#if IMB_VERSION_NUM < IMB_VERSION(2, 0, 0)  // 2.0 has no AVX variant
    case IMB_ARCH_AVX:
      instructions = "AVX";
      break;
#endif
    case IMB_ARCH_AVX2:
      instructions = "AVX2";
      break;
    case IMB_ARCH_AVX512:
      instructions = (manager().functions->features & IMB_FEATURE_VAES) != 0 ? "AVX-512, VAES" : "AVX-512";
      break;
    default:
      break;
  }
  return fmt::format("ipsec-mb {} ({})", imb_get_version_str(), instructions);
}

std::unique_ptr<AeadKey> create_ipsec_mb_key(Aead algorithm, ByteView key) {
  if (!manager().usable) {
    return nullptr;
  }
  switch (algorithm) {
    case Aead::aes_128_gcm:
      return std::make_unique<GcmKey<Gcm128>>(key);
    case Aead::aes_256_gcm:
      return std::make_unique<GcmKey<Gcm256>>(key);
    case Aead::chacha20_poly1305:
      return std::make_unique<ChaChaKey>(key);
  }
  return nullptr;
}

}  // namespace persona::tls

#else

namespace persona::tls {

bool ipsec_mb_available() {
  return false;
}

std::string describe_ipsec_mb() {
  return "ipsec-mb (not compiled in)";
}

std::unique_ptr<AeadKey> create_ipsec_mb_key(Aead, ByteView) {
  return nullptr;
}

}  // namespace persona::tls

#endif
