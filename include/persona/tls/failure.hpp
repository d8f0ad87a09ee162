// Why a TLS session ended otherwise than by close_notify, as data and in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persona/tls/context.hpp"

namespace persona::tls {

struct Failure {
  enum class Kind {
    handshake_failed,            ///< no session came to be, for a reason that is none of the others
    verify_failed,               ///< we refused the peer's certificate, or its absence
    client_certificate_refused,  ///< the peer refused our certificate, or its absence
    peer_alert,                  ///< the peer ended an open session with a fatal alert
    protocol_error,              ///< the peer broke the record protocol of an open session
  };

  Kind kind = Kind::handshake_failed;
  std::string message;                  ///< a sentence without full stop that says what to look at
  std::string_view verify_reason = {};  ///< of verify_failed: trust::to_string(VerifyReason), else empty
};

/// Who the peer of a role is.
trust::PeerRole peer_of(Role role);

/// How it is called in sentences.
std::string_view peer_word(Role role);

/// The name of RFC 8446 section 6 for an AlertDescription; "alert_N" for one it does not name.
std::string alert_name(std::uint8_t description);

/// True for the alerts that a server sends when it refuses a client certificate (RFC 8446 section 6.2).
bool is_certificate_alert(std::uint8_t description);

/// The sentence for a fatal alert received. `our_certificate` is "CN=x, issued by CN=y", or empty when we
/// have none.
std::string explain_alert(Role role, std::uint8_t description, std::string_view our_certificate);

/// Nothing when the bytes may be the start of a TLS record, else a sentence that quotes what came instead.
/// Needs five bytes or fewer.
std::optional<std::string> explain_not_tls(Role role, const std::uint8_t* bytes, std::size_t count);

}  // namespace persona::tls
