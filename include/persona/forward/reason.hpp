// Why a connection ended, as logs and metrics name it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  max_age,
  closed_by_administrator,
  limit_reached,
  access_denied,
  protocol_error,
  shutdown,  ///< the last one: see `reasons`
};

/// How many there are.
constexpr std::size_t reasons = static_cast<std::size_t>(Reason::shutdown) + 1;

std::string_view to_string(Reason reason);

Reason reason_of(const tls::Failure& failure);

/// True for the two ordinary ends. With any other reason the plaintext leg is reset, so that no truncated
/// data looks complete (unless both sides were told of the end at a quiet moment: Tunnel::conclude).
bool is_clean(Reason reason);

/// True for a failure that someone should look into, as opposed to a peer that just went away.
bool is_trouble(Reason reason);

/// Why a connection, or an attempt to make one, ended.
struct End {
  Reason reason;
  std::string error{};               ///< a sentence with details; empty if the reason says enough
  std::string_view verify_reason{};  ///< for verify_failed: a string literal
  int status = 0;                    ///< of a dial that reached nobody: the libuv error code of connecting
  bool unresolved = false;           ///< for dial_failed: the name could not be resolved
  bool on_the_way = false;           ///< for dial_*: it is the proxy (gateway.via) that gives no way
  bool speaks_no_tls = false;        ///< for handshake_failed: the gateway is known to speak something else
  std::string peer{};                ///< for verify_failed: whose certificate it is, if there is one
  x509::CertificateIds peer_ids{};   ///< and its serial number and pin
  std::optional<std::uint8_t> alert{};  ///< the peer's fatal alert, if that was the end

  End(Reason why, std::string words = {}) : reason(why), error(std::move(words)) {}
  explicit End(const tls::Failure& failure);
};

}  // namespace persona::forward
