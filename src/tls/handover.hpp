// What a finished TLS 1.3 handshake hands to the record protocol: plain data, so the two could run in
// different processes.
//
// It includes both application traffic secrets (RFC 8446 section 7.1). After the last handshake message both
// directions start at sequence number 0 under them (section 5.3).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/tls/clock.hpp"
#include "persona/tls/context.hpp"
#include "persona/tls/key_schedule.hpp"
#include "persona/tls/session.hpp"
#include "persona/x509/time.hpp"

namespace persona::tls {

struct Handover {
  std::uint16_t cipher_suite = 0;
  Secret client_traffic_secret;     ///< client_application_traffic_secret_0
  Secret server_traffic_secret;     ///< server_application_traffic_secret_0
  Secret resumption_master_secret;  ///< empty: no tickets
  SessionInfo info;
  x509::TimePoint peer_valid_until{};  ///< when the first certificate of the peer's chain expires
  Moment authenticated_at{};  ///< when the peer proved its key: now, or in the original full handshake
  Bytes client_certificate;   ///< server: the client's leaf in DER, for tickets
};

/// Makes the session. A server's tickets are appended to `output` as its first records; a client's will be
/// kept under `target`. Null: out of memory, or the suite is not a TLS 1.3 one.
std::unique_ptr<Session> open_session(Handover handover, std::shared_ptr<const Context> context,
                                      const std::string& target, Buffer& output);

}  // namespace persona::tls
