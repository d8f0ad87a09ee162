// A Signer behind an mbedtls_pk_context.
#include "persona/pk/signer.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string_view>

#include <mbedtls/error.h>
#include <mbedtls/pk.h>

namespace persona::pk {

namespace {

// Of fixed size, because an object with a destructor cannot be thread_local with MinGW.
thread_local std::array<char, 256> last_failure{};

void remember(std::string_view message) {
  const std::size_t size = std::min(message.size(), last_failure.size() - 1);
  std::copy_n(message.begin(), size, last_failure.begin());
  last_failure[size] = '\0';
}

#ifdef MBEDTLS_PK_SIGNER

std::optional<Scheme> scheme_of(mbedtls_pk_type_t type) {
  switch (type) {
    case MBEDTLS_PK_ECDSA:
      return Scheme::ecdsa;
    case MBEDTLS_PK_RSA:
      return Scheme::rsa_pkcs1;
    case MBEDTLS_PK_RSASSA_PSS:
      return Scheme::rsa_pss;
    default:
      return std::nullopt;
  }
}

std::optional<Hash> hash_of(mbedtls_md_type_t type) {
  switch (type) {
    case MBEDTLS_MD_SHA256:
      return Hash::sha256;
    case MBEDTLS_MD_SHA384:
      return Hash::sha384;
    case MBEDTLS_MD_SHA512:
      return Hash::sha512;
    default:
      return std::nullopt;
  }
}

// mbedTLS's mbedtls_pk_signer_func. No exception may pass through mbedTLS.
int sign_for_mbedtls(void* self, mbedtls_pk_type_t pk_type, mbedtls_md_type_t md_alg,
                     const unsigned char* hash, std::size_t hash_len, const unsigned char* content,
                     std::size_t content_len, unsigned char* sig, std::size_t sig_size,
                     std::size_t* sig_len) {
  const auto scheme = scheme_of(pk_type);
  const auto algorithm = hash_of(md_alg);
  if (!scheme || !algorithm) {
    remember("the algorithm is not supported");
    return MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
  }
  try {
    const auto& signer = *static_cast<const Signer*>(self);
    const auto written =
        signer.sign_content(*scheme, *algorithm, {hash, hash_len}, {content, content_len}, {sig, sig_size});
    if (written) {
      *sig_len = *written;
      return 0;
    }
    remember(written.error().message);
  } catch (const std::exception& error) {
    remember(error.what());
  }
  return MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
}

#endif

}  // namespace

std::size_t size_of(Hash hash) {
  switch (hash) {
    case Hash::sha256:
      return 32;
    case Hash::sha384:
      return 48;
    case Hash::sha512:
      return 64;
  }
  return 0;
}

bool verifies(mbedtls_pk_context& public_key, Scheme scheme, Hash hash, ByteView digest, ByteView signature) {
  const auto md = hash == Hash::sha256   ? MBEDTLS_MD_SHA256
                  : hash == Hash::sha384 ? MBEDTLS_MD_SHA384
                                         : MBEDTLS_MD_SHA512;
  const mbedtls_pk_rsassa_pss_options pss{md, static_cast<int>(size_of(hash))};
  const bool is_pss = scheme == Scheme::rsa_pss;
  const auto type = is_pss                        ? MBEDTLS_PK_RSASSA_PSS
                    : scheme == Scheme::rsa_pkcs1 ? MBEDTLS_PK_RSA
                                                  : MBEDTLS_PK_ECDSA;
  return mbedtls_pk_verify_ext(type, is_pss ? &pss : nullptr, &public_key, md, digest.data(), digest.size(),
                               signature.data(), signature.size()) == 0;
}

#ifdef MBEDTLS_PK_SIGNER

bool signers_are_supported() {
  return true;
}

Result<void> set_up(mbedtls_pk_context& context, const mbedtls_pk_context& public_key, const Signer& signer) {
  // mbedTLS's pointer is not const, as it knows nothing of what it points to.
  const int status =
      mbedtls_pk_setup_signer(&context, &public_key, &sign_for_mbedtls, const_cast<Signer*>(&signer));
  if (status != 0) {
    return fail(ErrorKind::internal, "the private key cannot be made ready (mbedTLS -0x{:04x})", -status);
  }
  return {};
}

#else  // an mbedTLS without our patch

bool signers_are_supported() {
  return false;
}

Result<void> set_up(mbedtls_pk_context& /*context*/, const mbedtls_pk_context& /*public_key*/,
                    const Signer& /*signer*/) {
  return fail(ErrorKind::internal, "this build's mbedTLS cannot be given a signer");
}

#endif

std::string take_failure() {
  std::string message(last_failure.data());
  last_failure[0] = '\0';
  return message;
}

}  // namespace persona::pk
