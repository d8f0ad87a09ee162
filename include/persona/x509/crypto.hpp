// The cryptographic library: start-up, version and random numbers.
#pragma once

#include <cstddef>
#include <string>

#include "persona/base/result.hpp"

namespace persona::x509 {

/// Must be called once at start-up, before anything else in x509 or the areas above it (psa_crypto_init;
/// Mbed-TLS #9223). Starts the default provider of pk as well, which takes some 3 ms.
Result<void> initialise_crypto();

/// "3.6.7": the mbedTLS in use at run time, not the one compiled against.
std::string crypto_library_version();

/// An f_rng for mbedTLS; `context` is not used. It stands in for mbedtls_psa_get_random, which mbedTLS 3.6
/// declares without extern "C".
int psa_random(void* context, unsigned char* output, std::size_t size);

}  // namespace persona::x509
