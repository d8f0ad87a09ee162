// Who computes with public keys: libcrypto (OpenSSL 3), which is several times as fast as mbedTLS, or
// mbedTLS.
//
// mbedTLS keeps what decides whether a signature is acceptable: it parses keys and signatures, checks that r
// and s are in range, and checks RSA's padding. The provider gets numbers, so all providers refuse the same.
#pragma once

#include <string>

#include "persona/base/result.hpp"

namespace persona::pk {

enum class Provider {
  libcrypto,  ///< P-256, P-384, P-521 and RSA; mbedTLS does what it has not, or not as fast
  mbedtls,    ///< available everywhere
};

/// libcrypto if it is compiled in (-DPERSONA_PK), else mbedTLS.
Provider default_provider();

/// False for libcrypto if it is not compiled in.
bool provider_available(Provider provider);

/// Makes the provider ready, so that no connection waits for that, and has it verify. To be called once,
/// before there are threads: x509::initialise_crypto does, with the default one. Fails with a sentence.
Result<void> start(Provider provider);

/// Who verifies, and signs with the keys that are made from now on. For tests and measurements: no other
/// thread may use a key meanwhile, and the provider must have been started.
void use(Provider provider);

/// For people to read: "libcrypto (OpenSSL 3.0.19 27 Jan 2026), but mbedTLS for signatures by P-384 keys";
/// "mbedTLS".
std::string describe_provider(Provider provider);

}  // namespace persona::pk
