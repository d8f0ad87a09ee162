#include "persona/x509/crypto.hpp"

#include <array>

#include <mbedtls/entropy.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include "persona/pk/primitives.hpp"
#include "persona/pk/provider.hpp"

namespace persona::x509 {

Result<void> initialise_crypto() {
  const psa_status_t status = psa_crypto_init();
  if (status != PSA_SUCCESS) {
    return fail(ErrorKind::internal,
                "the cryptographic library cannot start (PSA status {}); is there no entropy?", status);
  }
  // Once: who calls again must not undo a test's choice of another provider.
  static const Result<void> started = [] {
    pk::use_primitives(pk::default_primitives());
    return pk::start(pk::default_provider());
  }();
  return started;
}

std::string crypto_library_version() {
  std::array<char, 16> version{};  // mbedTLS requires at least nine
  mbedtls_version_get_string(version.data());
  return version.data();
}

int psa_random(void* /*context*/, unsigned char* output, std::size_t size) {
  return psa_generate_random(output, size) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

}  // namespace persona::x509
