// What a fatal alert from the peer means.
#pragma once

#include <cstdint>
#include <string>

#include "persona/tls/context.hpp"
#include "persona/tls/failure.hpp"

namespace persona::tls {

/// "CN=x, issued by CN=y"; empty if we have no certificate.
std::string our_certificate(const Context& context);

/// A certificate alert before any data means that the gateway refused our certificate: in TLS 1.3 it checks
/// that after our side of the handshake has finished (golang/go #28779).
Failure received_alert(const Context& context, std::uint8_t description, bool received_data);

}  // namespace persona::tls
