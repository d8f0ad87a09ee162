// The pin of a public key (RFC 7469 section 2.4).
#pragma once

#include <string>

#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"
#include "persona/base/spki_pin.hpp"

namespace persona::x509 {

/// The pin of a SubjectPublicKeyInfo in DER. All zeros, which no configuration can pin, if hashing fails, as
/// it does before initialise_crypto().
SpkiPin spki_pin(ByteView spki);

/// The pin of a key's public half as "sha256//BASE64", or empty on failure.
std::string spki_pin(const mbedtls_pk_context& key);

}  // namespace persona::x509
