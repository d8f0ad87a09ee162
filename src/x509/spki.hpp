// The pin of a public key (RFC 7469 section 2.4).
#pragma once

#include <string>

#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"
#include "persona/base/spki_pin.hpp"

namespace persona::x509 {

/// Of a SubjectPublicKeyInfo in DER. All zeros, which no configuration can pin, when initialise_crypto() was
/// forgotten.
SpkiPin spki_pin(ByteView spki);

/// "sha256//BASE64" of the public half of a key, or empty.
std::string spki_pin(const mbedtls_pk_context& key);

}  // namespace persona::x509
