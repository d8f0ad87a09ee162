// The alert that tells a peer why its certificate is refused (RFC 8446 section 6.2), for both roles.
#pragma once

#include <cstdint>

#include "persona/trust/verify_reason.hpp"

namespace persona::tls {

/// The AlertDescription.
std::uint8_t refusal_alert(trust::VerifyReason reason);

/// The MBEDTLS_X509_BADCERT_... flags that a verification callback must set for mbedTLS to send that alert
/// (ssl_tls.c, mbedtls_ssl_verify_certificate).
std::uint32_t refusal_flags(trust::VerifyReason reason);

}  // namespace persona::tls
