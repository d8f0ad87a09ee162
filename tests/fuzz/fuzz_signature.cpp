// A stranger's key and signature: every provider says the same of them.
//
// An octet (bit 0: RSA-PSS; bits 1 and 2: the hash), the length of the key in two octets, a
// SubjectPublicKeyInfo, a signature of as many octets 0x42 as the hash has.
#include <array>
#include <cstdint>
#include <cstdlib>

#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"
#include "persona/pk/provider.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/key_bounds.hpp"

namespace {

using namespace persona;

struct Key {
  Key() { mbedtls_pk_init(&context); }
  ~Key() { mbedtls_pk_free(&context); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  mbedtls_pk_context context{};
};

struct HashKind {
  mbedtls_md_type_t type;
  std::size_t size;
};
constexpr std::array<HashKind, 4> kinds = {
    {{MBEDTLS_MD_SHA256, 32}, {MBEDTLS_MD_SHA384, 48}, {MBEDTLS_MD_SHA512, 64}, {MBEDTLS_MD_SHA1, 20}}};

int judge(pk::Provider provider, Key& key, bool pss, HashKind kind, ByteView signature) {
  const std::array<std::uint8_t, 64> hash = [] {
    std::array<std::uint8_t, 64> octets{};
    octets.fill(0x42);
    return octets;
  }();
  pk::use(provider);
  const mbedtls_pk_rsassa_pss_options options = {kind.type, static_cast<int>(kind.size)};
  const auto type = pss ? MBEDTLS_PK_RSASSA_PSS : mbedtls_pk_get_type(&key.context);
  return mbedtls_pk_verify_ext(type, pss ? &options : nullptr, &key.context, kind.type, hash.data(),
                               kind.size, signature.data(), signature.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = x509::initialise_crypto().has_value();
  if (!ready) {
    std::abort();
  }
  const ByteView input(data, size);
  if (size < 3) {
    return 0;
  }
  const std::size_t key_size = std::size_t{input[1]} << 8U | input[2];
  if (key_size > size - 3) {
    return 0;
  }
  Key key;
  if (mbedtls_pk_parse_public_key(&key.context, data + 3, key_size) != 0 || x509::key_defect(key.context)) {
    return 0;
  }
  const HashKind kind = kinds[input[0] >> 1U & 3U];
  const ByteView signature = input.subspan(3 + key_size);
  const bool pss = (input[0] & 1U) != 0;
  const int by_mbedtls = judge(pk::Provider::mbedtls, key, pss, kind, signature);
  if (pk::provider_available(pk::Provider::libcrypto) &&
      judge(pk::Provider::libcrypto, key, pss, kind, signature) != by_mbedtls) {
    std::abort();
  }
  return 0;
}
