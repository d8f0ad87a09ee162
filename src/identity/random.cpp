#include "persona/identity/random.hpp"

#include <mbedtls/entropy.h>
#include <psa/crypto.h>

namespace persona::identity {

int psa_random(void* /*context*/, unsigned char* output, std::size_t size) {
  return psa_generate_random(output, size) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}

}  // namespace persona::identity
