// Why a connection ended: the words of logs and metrics.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "persona/tls/failure.hpp"

namespace persona::forward {

/// `local_*` is the plaintext leg, `gateway_*` the TLS leg, in both modes.
enum class Reason {
  local_closed,
  gateway_closed,
  local_reset,
  gateway_reset,
  truncated,  ///< TCP FIN without close_notify on the TLS leg
  dial_failed,
  dial_timeout,
  handshake_failed,
  handshake_timeout,
  verify_failed,
  client_certificate_refused,
  idle_timeout,
  half_close_timeout,
  limit_reached,
  access_denied,
  protocol_error,
  shutdown,
};

std::string_view to_string(Reason reason);

Reason reason_of(const tls::Failure& failure);

/// True for the two reasons that are an ordinary end; every other one resets the plaintext leg.
bool is_clean(Reason reason);

/// A failure that somebody should look into, as opposed to a peer that just went away.
bool is_trouble(Reason reason);

/// Why a connection, or an attempt to make one, has ended.
struct End {
  Reason reason;
  std::string error{};               ///< says more, in words; empty where the reason says it all
  std::string_view verify_reason{};  ///< of verify_failed: a literal

  End(Reason why, std::string words = {}) : reason(why), error(std::move(words)) {}
  explicit End(const tls::Failure& failure);
};

}  // namespace persona::forward
