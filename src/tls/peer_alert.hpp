// What a fatal alert from the peer means.
#pragma once

#include <cstdint>
#include <string>

#include "persona/tls/context.hpp"
#include "persona/tls/failure.hpp"

namespace persona::tls {

/// "CN=x, issued by CN=y"; empty if we have no certificate.
std::string our_certificate(const Context& context);

/// For an alert in a session. A gateway that has not sent data yet may still be looking at our certificate:
/// in TLS 1.3 it checks that after our side of the handshake has finished (golang/go #28779).
inline AlertStage stage_of_session(bool received_data) {
  return received_data ? AlertStage::open : AlertStage::authenticating;
}

/// A certificate alert before the session is open means that the gateway refused our certificate.
Failure received_alert(const Context& context, std::uint8_t description, AlertStage stage);

}  // namespace persona::tls
