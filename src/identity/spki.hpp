// The pin of a public key (RFC 7469 section 2.4).
#pragma once

#include <string>

#include <mbedtls/pk.h>

#include "persona/base/bytes.hpp"

namespace persona::identity {

/// "sha256//BASE64" of a SubjectPublicKeyInfo in DER. Empty, which matches no pin, when initialise_crypto()
/// was forgotten.
std::string spki_pin(ByteView spki);

/// The pin of the public half of a key, or empty.
std::string spki_pin(const mbedtls_pk_context& key);

}  // namespace persona::identity
