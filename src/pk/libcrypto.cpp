// Starts libcrypto. What it computes: libcrypto_verify.cpp, libcrypto_signer.cpp.
#include "libcrypto.hpp"

#include <cstdint>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "libcrypto_handles.hpp"

namespace persona::pk {

namespace {

struct Library {
  OSSL_LIB_CTX* context = nullptr;
  EVP_MD* sha256 = nullptr;
  EVP_MD* sha384 = nullptr;
  EVP_MD* sha512 = nullptr;
};

Library library;

bool open_library() {
  // Nobody else may have libcrypto read a configuration later on, nor take down at exit what threads still
  // use.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) {
    return false;
  }
  OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
  if (context == nullptr || OSSL_PROVIDER_load(context, "default") == nullptr) {
    OSSL_LIB_CTX_free(context);
    return false;
  }
  library.context = context;
  library.sha256 = EVP_MD_fetch(context, "SHA256", nullptr);
  library.sha384 = EVP_MD_fetch(context, "SHA384", nullptr);
  library.sha512 = EVP_MD_fetch(context, "SHA512", nullptr);
  return library.sha256 != nullptr && library.sha384 != nullptr && library.sha512 != nullptr;
}

/// Signs and verifies once: libcrypto looks for its algorithms and seeds its random numbers when they are
/// first used.
bool try_out() {
  constexpr std::array<unsigned char, 32> hash{1};
  std::array<unsigned char, 80> signature{};
  std::size_t size = signature.size();
  const Libcrypto<EVP_PKEY> key(EVP_PKEY_Q_keygen(library.context, nullptr, "EC", "P-256"));
  const Libcrypto<EVP_PKEY_CTX> context(
      key != nullptr ? EVP_PKEY_CTX_new_from_pkey(library.context, key.get(), nullptr) : nullptr);
  return context != nullptr && EVP_PKEY_sign_init(context.get()) == 1 &&
         EVP_PKEY_sign(context.get(), signature.data(), &size, hash.data(), hash.size()) == 1 &&
         EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), signature.data(), size, hash.data(), hash.size()) == 1;
}

}  // namespace

OSSL_LIB_CTX* libcrypto_context() {
  return library.context;
}

const EVP_MD* libcrypto_digest(std::size_t size) {
  switch (size) {
    case 32:
      return library.sha256;
    case 48:
      return library.sha384;
    case 64:
      return library.sha512;
    default:
      return nullptr;
  }
}

std::string libcrypto_reason() {
  const char* words = ERR_reason_error_string(ERR_peek_last_error());
  std::string reason = words != nullptr ? words : "no reason given";
  ERR_clear_error();
  return reason;
}

const char* libcrypto_curve(mbedtls_ecp_group_id id) {
  switch (id) {
    case MBEDTLS_ECP_DP_SECP256R1:
      return "P-256";
    case MBEDTLS_ECP_DP_SECP384R1:
      return "P-384";
    case MBEDTLS_ECP_DP_SECP521R1:
      return "P-521";
    default:
      return nullptr;
  }
}

Libcrypto<BIGNUM> libcrypto_number(const mbedtls_mpi& number) {
  std::array<unsigned char, most_number_octets> octets;
  const std::size_t size = mbedtls_mpi_size(&number);
  if (size > octets.size() || mbedtls_mpi_write_binary(&number, octets.data(), size) != 0) {
    return nullptr;
  }
  return Libcrypto<BIGNUM>(BN_bin2bn(octets.data(), static_cast<int>(size), nullptr));
}

bool libcrypto_compiled_in() {
  return true;
}

Result<void> start_libcrypto() {
  static const bool started = open_library() && try_out();
  if (!started) {
    return fail(ErrorKind::internal, "the cryptographic library libcrypto ({}) cannot start: {}",
                OpenSSL_version(OPENSSL_VERSION), libcrypto_reason());
  }
  return {};
}

}  // namespace persona::pk
