// Why a connection ended, as logs and metrics name it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "persona/tls/failure.hpp"

namespace persona::forward {

/// In both modes `local_*` means the plaintext leg and `gateway_*` the TLS leg.
enum class Reason {
  local_closed,
  gateway_closed,
  local_reset,
  gateway_reset,
  truncated,  ///< FIN without close_notify on the TLS leg
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

/// True for the two ordinary ends. With any other reason the plaintext leg is reset, so that no truncated
/// data looks complete.
bool is_clean(Reason reason);

/// True for a failure that someone should look into, as opposed to a peer that just went away.
bool is_trouble(Reason reason);

/// Why a connection, or an attempt to make one, ended.
struct End {
  Reason reason;
  std::string error{};               ///< a sentence with details; empty if the reason says enough
  std::string_view verify_reason{};  ///< for verify_failed: a string literal
  std::string peer{};                ///< for verify_failed: whose certificate it is, if there is one
  x509::CertificateIds peer_ids{};   ///< and its serial number and pin

  End(Reason why, std::string words = {}) : reason(why), error(std::move(words)) {}
  explicit End(const tls::Failure& failure);
};

}  // namespace persona::forward
