// Reads a server's CertificateRequest message.
#pragma once

#include "persona/base/bytes.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/tls/certificate_request.hpp"

namespace persona::identity {
class Identity;
}  // namespace persona::identity

namespace persona::tls {

/// `message`: with its header (RFC 8446 section 4). TLS 1.2: RFC 5246 section 7.4.4; TLS 1.3: RFC 8446
/// sections 4.3.2 and 4.2.4. What cannot be read of it is left out: mbedTLS has judged the message. `ours`
/// may be null.
CertificateRequest read_certificate_request(ByteView message, TlsVersion version,
                                            const identity::Identity* ours);

}  // namespace persona::tls
