// What the ciphers are compared with.
#pragma once

#include "persona/tls/aead.hpp"
#include "samples.hpp"

namespace persona::tls::test {

/// Ciphertext and tag. On POSIX OpenSSL seals, on Windows, where there is no OpenSSL to link, mbedTLS:
/// ipsec-mb is compared with another implementation on both.
Bytes sealed_by_reference(Aead algorithm, ByteView key, ByteView nonce, ByteView additional, ByteView inner);

}  // namespace persona::tls::test
