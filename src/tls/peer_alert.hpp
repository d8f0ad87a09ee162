// What a fatal alert of the peer means in an open session.
#pragma once

#include <cstdint>
#include <string>

#include "persona/tls/context.hpp"
#include "persona/tls/failure.hpp"

namespace persona::tls {

/// "CN=x, issued by CN=y"; empty when we have no certificate.
std::string our_certificate(const Context& context);

/// A certificate alert before any data is the gateway's refusal of our certificate: in TLS 1.3 it judges that
/// after our handshake has ended (golang/go #28779).
Failure received_alert(const Context& context, std::uint8_t description, bool received_data);

}  // namespace persona::tls
