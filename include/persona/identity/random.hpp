// The random number generator that mbedTLS's functions ask for: PSA's.
#pragma once

#include <cstddef>

namespace persona::identity {

/// An f_rng for mbedTLS; its context is not used. The same as mbedtls_psa_get_random, which mbedTLS 3.6
/// declares without extern "C".
int psa_random(void* context, unsigned char* output, std::size_t size);

}  // namespace persona::identity
