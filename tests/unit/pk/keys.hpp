// Keys for tests, and signatures made and checked by mbedTLS's own interface, whoever computes.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#include "../../forge/fixtures.hpp"
#include "persona/base/bytes.hpp"
#include "persona/pk/provider.hpp"
#include "persona/x509/crypto.hpp"

namespace persona::pk::test {

/// Whoever computes while it lives; then the default again.
struct Using {
  explicit Using(Provider provider) { use(provider); }
  ~Using() { use(default_provider()); }
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;
};

inline void must(bool holds) {
  if (!holds) {
    throw std::runtime_error("a test's key cannot be made");
  }
}

struct Key {
  Key() {
    must(x509::initialise_crypto().has_value());
    mbedtls_pk_init(&context);
  }
  explicit Key(mbedtls_ecp_group_id curve) : Key() {
    must(mbedtls_pk_setup(&context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
         mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(context), x509::psa_random, nullptr) == 0);
  }
  Key(unsigned rsa_bits, int exponent) : Key() {
    must(mbedtls_pk_setup(&context, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0 &&
         mbedtls_rsa_gen_key(mbedtls_pk_rsa(context), x509::psa_random, nullptr, rsa_bits, exponent) == 0);
  }
  ~Key() { mbedtls_pk_free(&context); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  mbedtls_pk_context context{};
};

/// 2048 bits.
inline Key& rsa_key() {
  static Key key;
  static const int status = [] {
    const std::string pem(fixtures::rsa_key_pkcs8);
    return mbedtls_pk_parse_key(&key.context, reinterpret_cast<const unsigned char*>(pem.c_str()),
                                pem.size() + 1, nullptr, 0, x509::psa_random, nullptr);
  }();
  must(status == 0);
  return key;
}

/// By mbedTLS, or by the signer behind the context. Empty on failure.
inline Bytes sign(Key& key, ByteView hash, mbedtls_md_type_t type, bool pss = false) {
  Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
  std::size_t size = 0;
  const auto kind =
      pss ? MBEDTLS_PK_RSASSA_PSS
          : (mbedtls_pk_can_do(&key.context, MBEDTLS_PK_RSA) != 0 ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECDSA);
  const int status = mbedtls_pk_sign_ext(kind, &key.context, type, hash.data(), hash.size(), signature.data(),
                                         signature.size(), &size, x509::psa_random, nullptr);
  signature.resize(status == 0 ? size : 0);
  return signature;
}

/// mbedTLS's code; 0: good.
inline int verify(Key& key, ByteView hash, ByteView signature, mbedtls_md_type_t type, bool pss = false,
                  int salt = MBEDTLS_RSA_SALT_LEN_ANY) {
  if (!pss) {
    return mbedtls_pk_verify(&key.context, type, hash.data(), hash.size(), signature.data(),
                             signature.size());
  }
  const mbedtls_pk_rsassa_pss_options options = {type, salt};
  return mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &options, &key.context, type, hash.data(), hash.size(),
                               signature.data(), signature.size());
}

}  // namespace persona::pk::test
