// Signatures by libcrypto, with a key that it was given once.
//
// What it promises: RSA is blinded (RSA_blinding_on(3)) and its result checked with the public exponent;
// nonces of ECDSA are made of random numbers, the private key and the hash together (BN_generate_dsa_nonce),
// so that they do not depend on the random numbers alone; timing seen from elsewhere is in its threat model
// (openssl-library.org, Security Policy).
#include <algorithm>
#include <bit>
#include <initializer_list>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <vector>

#include <fmt/format.h>
#include <mbedtls/pk.h>

#include "libcrypto.hpp"
#include "libcrypto_handles.hpp"

namespace persona::pk {

namespace {

constexpr unsigned long fast_with_p384 = 0x30200000UL;  // OpenSSL 3.2; before it, mbedTLS takes half the time

class LibcryptoSigner final : public Signer {
 public:
  explicit LibcryptoSigner(Libcrypto<EVP_PKEY> key) : key_(std::move(key)) {}

  Result<std::size_t> sign(Scheme scheme, Hash hash, ByteView digest, ByteSpan signature) const override {
    // A context is used by one thread. To make one takes 3 us.
    const Libcrypto<EVP_PKEY_CTX> context(
        EVP_PKEY_CTX_new_from_pkey(libcrypto_context(), key_.get(), nullptr));
    std::size_t size = signature.size();
    const bool signed_it =
        digest.size() == size_of(hash) && context != nullptr && EVP_PKEY_sign_init(context.get()) == 1 &&
        (scheme == Scheme::ecdsa || set_padding(context.get(), scheme, digest.size())) &&
        EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) == 1;
    // Out of memory, 3.0 says that it has signed, and gives -1 for the size of an ECDSA signature.
    if (!signed_it || size == 0 || size > signature.size()) {
      return fail(ErrorKind::internal, "libcrypto failed: {}", libcrypto_reason());
    }
    return size;
  }

 private:
  static bool set_padding(EVP_PKEY_CTX* context, Scheme scheme, std::size_t digest_size) {
    const EVP_MD* digest = libcrypto_digest(digest_size);
    if (scheme == Scheme::rsa_pkcs1) {
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, digest) == 1;
    }
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, digest) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }

  Libcrypto<EVP_PKEY> key_;  // several threads may sign with it
};

/// A number in an OSSL_PARAM: of any size, in the order of the machine's octets.
bool write_native(const mbedtls_mpi& number, unsigned char* octets, std::size_t size) {
  return (std::endian::native == std::endian::little ? mbedtls_mpi_write_binary_le(&number, octets, size)
                                                     : mbedtls_mpi_write_binary(&number, octets, size)) == 0;
}

/// Null: libcrypto refuses the key, or is out of memory.
Libcrypto<EVP_PKEY> import_key(const char* type, std::vector<OSSL_PARAM>& parts) {
  parts.push_back(OSSL_PARAM_construct_end());
  const Libcrypto<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(libcrypto_context(), type, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parts.data()) != 1) {
    return nullptr;
  }
  return Libcrypto<EVP_PKEY>(key);
}

/// mbedtls_mpi, zeroised when they go.
template <std::size_t count>
struct SecretNumbers {
  SecretNumbers() {
    for (mbedtls_mpi& each : values) {
      mbedtls_mpi_init(&each);
    }
  }
  ~SecretNumbers() {
    for (mbedtls_mpi& each : values) {
      mbedtls_mpi_free(&each);
    }
  }
  SecretNumbers(const SecretNumbers&) = delete;
  SecretNumbers& operator=(const SecretNumbers&) = delete;

  std::array<mbedtls_mpi, count> values;
};

Libcrypto<EVP_PKEY> import_ec(const mbedtls_ecp_keypair& key, std::size_t bits, const char* curve) {
  SecretNumbers<1> secret;
  mbedtls_mpi& d = secret.values[0];
  std::array<unsigned char, most_point_octets> point{};
  std::size_t point_size = 0;
  WipedBuffer<most_point_octets / 2> scalar;
  const std::size_t scalar_size = (bits + 7) / 8;
  if (mbedtls_ecp_export(&key, nullptr, &d, nullptr) != 0 ||
      mbedtls_ecp_write_public_key(&key, MBEDTLS_ECP_PF_UNCOMPRESSED, &point_size, point.data(),
                                   point.size()) != 0 ||
      !write_native(d, scalar.octets.data(), scalar_size)) {
    return nullptr;
  }
  std::vector<OSSL_PARAM> parts = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point_size),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar.octets.data(), scalar_size)};
  return import_key("EC", parts);
}

Libcrypto<EVP_PKEY> import_rsa(const mbedtls_rsa_context& key) {
  static constexpr std::array<const char*, 8> names = {
      OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_FACTOR1,     OSSL_PKEY_PARAM_RSA_FACTOR2,
      OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_E,           OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
  SecretNumbers<names.size()> secret;
  auto& [n, p, q, d, e, dp, dq, qp] = secret.values;
  if (mbedtls_rsa_export(&key, &n, &p, &q, &d, &e) != 0 || mbedtls_rsa_export_crt(&key, &dp, &dq, &qp) != 0) {
    return nullptr;
  }
  std::array<WipedBuffer<most_number_octets>, names.size()> octets;
  std::vector<OSSL_PARAM> parts;
  for (std::size_t at = 0; at < names.size(); ++at) {
    const std::size_t size = mbedtls_mpi_size(&secret.values[at]);
    if (size > most_number_octets || !write_native(secret.values[at], octets[at].octets.data(), size)) {
      return nullptr;
    }
    parts.push_back(OSSL_PARAM_construct_BN(names[at], octets[at].octets.data(), size));
  }
  return import_key("RSA", parts);
}

}  // namespace

Result<std::unique_ptr<const Signer>> make_libcrypto_signer(const mbedtls_pk_context& key) {
  Libcrypto<EVP_PKEY> imported;
  if (mbedtls_pk_get_type(&key) == MBEDTLS_PK_RSA) {
    imported = import_rsa(*mbedtls_pk_rsa(key));
  } else {
    const auto group = mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key));
    const char* curve = libcrypto_curve(group);
    if (curve == nullptr || (group == MBEDTLS_ECP_DP_SECP384R1 && OpenSSL_version_num() < fast_with_p384)) {
      return nullptr;
    }
    imported = import_ec(*mbedtls_pk_ec(key), mbedtls_pk_get_bitlen(&key), curve);
  }
  if (imported == nullptr) {
    return fail(ErrorKind::internal, "libcrypto does not take the private key: {}", libcrypto_reason());
  }
  return std::make_unique<LibcryptoSigner>(std::move(imported));
}

std::string describe_libcrypto() {
  return fmt::format(
      "libcrypto ({}){}", OpenSSL_version(OPENSSL_VERSION),
      OpenSSL_version_num() < fast_with_p384 ? ", but mbedTLS for signatures by P-384 keys" : "");
}

}  // namespace persona::pk
