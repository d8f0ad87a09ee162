// Verification by libcrypto, behind mbedTLS's hooks (cmake/mbedtls-signature-hooks.patch). Where libcrypto
// itself fails, out of memory for one, the hooks decline, and mbedTLS's own code decides: only libcrypto's
// yes and no are verdicts.
#include <mutex>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <utility>
#include <vector>

#include <mbedtls/ecdsa.h>
#include <mbedtls/error.h>
#include <mbedtls/rsa.h>

#include "libcrypto.hpp"
#include "libcrypto_handles.hpp"

namespace persona::pk {

namespace {

constexpr int decline = MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED;

/// Public keys of one curve, whose points are replaced for each use: that takes 1 us, and to make such a
/// key 20. There are as many as threads have ever verified at once.
class SpareKeys {
 public:
  /// A key with this point; null on failure.
  Libcrypto<EVP_PKEY> take(const char* curve, unsigned char* point, std::size_t size) {
    Libcrypto<EVP_PKEY> key = take_spare();
    if (key == nullptr) {
      return make(curve, point, size);
    }
    // It also checks that the point is on the curve.
    return EVP_PKEY_set1_encoded_public_key(key.get(), point, size) == 1 ? std::move(key) : nullptr;
  }

  void give_back(Libcrypto<EVP_PKEY> key) {
    const std::lock_guard lock(mutex_);
    if (keys_.size() < most_kept) {
      keys_.push_back(std::move(key));
    }
  }

 private:
  static constexpr std::size_t most_kept = 64;

  Libcrypto<EVP_PKEY> take_spare() {
    const std::lock_guard lock(mutex_);
    if (keys_.empty()) {
      return nullptr;
    }
    Libcrypto<EVP_PKEY> key = std::move(keys_.back());
    keys_.pop_back();
    return key;
  }

  static Libcrypto<EVP_PKEY> make(const char* curve, unsigned char* point, std::size_t size) {
    const OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, size), OSSL_PARAM_construct_end()};
    const Libcrypto<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(libcrypto_context(), "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parts)) != 1) {
      return nullptr;
    }
    return Libcrypto<EVP_PKEY>(key);
  }

  std::mutex mutex_;
  std::vector<Libcrypto<EVP_PKEY>> keys_;
};

SpareKeys& spare_keys(mbedtls_ecp_group_id id) {
  static auto& of_each_curve = *new std::array<SpareKeys, 3>;  // never freed, like the library's context
  return of_each_curve[id == MBEDTLS_ECP_DP_SECP256R1 ? 0U : id == MBEDTLS_ECP_DP_SECP384R1 ? 1U : 2U];
}

/// ECDSA-Sig-Value in DER; empty on failure.
std::vector<unsigned char> encode_signature(const mbedtls_mpi& r, const mbedtls_mpi& s) {
  Libcrypto<BIGNUM> r_number = libcrypto_number(r);
  Libcrypto<BIGNUM> s_number = libcrypto_number(s);
  const Libcrypto<ECDSA_SIG> signature(ECDSA_SIG_new());
  if (r_number == nullptr || s_number == nullptr || signature == nullptr ||
      ECDSA_SIG_set0(signature.get(), r_number.get(), s_number.get()) != 1) {
    return {};
  }
  static_cast<void>(r_number.release());  // the signature owns them
  static_cast<void>(s_number.release());
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  std::vector<unsigned char> der(size > 0 ? static_cast<std::size_t>(size) : 0);
  unsigned char* end = der.data();
  if (der.empty() || i2d_ECDSA_SIG(signature.get(), &end) != size) {
    return {};
  }
  return der;
}

int verify_with(EVP_PKEY* key, const std::vector<unsigned char>& signature, const unsigned char* hash,
                std::size_t hash_size) {
  const Libcrypto<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(libcrypto_context(), key, nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) {
    return decline;
  }
  switch (EVP_PKEY_verify(context.get(), signature.data(), signature.size(), hash, hash_size)) {
    case 1:
      return 0;
    case 0:
      return MBEDTLS_ERR_ECP_VERIFY_FAILED;
    default:  // no verdict
      return decline;
  }
}

int verify_ecdsa(const mbedtls_ecp_group* group, const unsigned char* hash, std::size_t hash_size,
                 const mbedtls_ecp_point* public_key, const mbedtls_mpi* r, const mbedtls_mpi* s) {
  const char* curve = libcrypto_curve(group->id);
  std::array<unsigned char, most_point_octets> point{};
  std::size_t point_size = 0;
  if (curve == nullptr || hash_size == 0 ||
      mbedtls_ecp_point_write_binary(group, public_key, MBEDTLS_ECP_PF_UNCOMPRESSED, &point_size,
                                     point.data(), point.size()) != 0 ||
      point_size == 1) {  // infinity
    return decline;
  }
  const auto signature = encode_signature(*r, *s);
  if (signature.empty()) {
    return decline;
  }
  SpareKeys& spare = spare_keys(group->id);
  auto key = spare.take(curve, point.data(), point_size);
  if (key == nullptr) {
    return decline;
  }
  const int verdict = verify_with(key.get(), signature, hash, hash_size);
  spare.give_back(std::move(key));
  return verdict;
}

int rsa_public(const mbedtls_mpi* modulus, const mbedtls_mpi* exponent, const unsigned char* input,
               unsigned char* output, std::size_t size) {
  const auto n = libcrypto_number(*modulus);
  const auto e = libcrypto_number(*exponent);
  const Libcrypto<BIGNUM> base(BN_bin2bn(input, static_cast<int>(size), nullptr));
  const Libcrypto<BIGNUM> power(BN_new());
  const Libcrypto<BN_CTX> context(BN_CTX_new_ex(libcrypto_context()));
  const bool done = n != nullptr && e != nullptr && base != nullptr && power != nullptr &&
                    context != nullptr &&
                    BN_mod_exp_mont(power.get(), base.get(), e.get(), n.get(), context.get(), nullptr) == 1 &&
                    BN_num_bytes(power.get()) <= static_cast<int>(size) &&
                    BN_bn2binpad(power.get(), output, static_cast<int>(size)) == static_cast<int>(size);
  return done ? 0 : decline;
}

/// As mbedTLS's hooks: nothing is thrown, and no error is left in libcrypto's list.
template <class Compute>
int answer(const Compute& compute) {
  int verdict = decline;
  try {
    verdict = compute();
  } catch (const std::bad_alloc&) {
    // mbedTLS decides
  }
  if (verdict != 0) {
    ERR_clear_error();
  }
  return verdict;
}

int answer_ecdsa(const mbedtls_ecp_group* group, const unsigned char* hash, std::size_t size,
                 const mbedtls_ecp_point* public_key, const mbedtls_mpi* r, const mbedtls_mpi* s) {
  return answer([&] { return verify_ecdsa(group, hash, size, public_key, r, s); });
}

int answer_rsa(const mbedtls_mpi* modulus, const mbedtls_mpi* exponent, const unsigned char* input,
               unsigned char* output, std::size_t size) {
  return answer([&] { return rsa_public(modulus, exponent, input, output, size); });
}

}  // namespace

void let_libcrypto_verify(bool verifies) {
  mbedtls_ecdsa_set_verify_hook(verifies ? &answer_ecdsa : nullptr);
  mbedtls_rsa_set_public_hook(verifies ? &answer_rsa : nullptr);
}

}  // namespace persona::pk
