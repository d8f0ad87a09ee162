// Which alert tells a peer that its certificate is refused (RFC 8446 section 6.2), in both roles.
#pragma once

#include <cstdint>

#include "persona/trust/verify_reason.hpp"

namespace persona::tls {

/// The AlertDescription.
std::uint8_t refusal_alert(trust::VerifyReason reason);

/// What a verification callback has to set for mbedTLS to send that alert (ssl_tls.c,
/// mbedtls_ssl_verify_certificate): MBEDTLS_X509_BADCERT_...
std::uint32_t refusal_flags(trust::VerifyReason reason);

}  // namespace persona::tls
