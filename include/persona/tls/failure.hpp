// Why a TLS session ended without close_notify, as data and in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persona/tls/context.hpp"
#include "persona/x509/certificate.hpp"

namespace persona::tls {

struct Failure {
  enum class Kind {
    handshake_failed,            ///< no session was established, for a reason not listed here
    verify_failed,               ///< we refused the peer's certificate, or its absence
    client_certificate_refused,  ///< the peer refused our certificate, or its absence
    peer_alert,                  ///< the peer ended an open session with a fatal alert
    protocol_error,              ///< the peer broke the record protocol of an open session
  };

  Kind kind = Kind::handshake_failed;
  std::string message;                  ///< a sentence, without a full stop, that says what to check
  std::string_view verify_reason = {};  ///< for verify_failed: trust::to_string(VerifyReason), else empty
  std::string peer = {};               ///< for verify_failed: the subject of the certificate, if there is one
  x509::CertificateIds peer_ids = {};  ///< and its serial number and pin
  std::optional<std::uint8_t> alert = {};  ///< the description of the peer's fatal alert, if that was the end
};

/// The role of the peer: a client's is the gateway, a server's is a client.
trust::PeerRole peer_of(Role role);

/// The word for the peer in messages.
std::string_view peer_word(Role role);

/// The name of an AlertDescription (RFC 8446 section 6, RFC 5246 section 7.2); "alert_N" if it has none
/// there.
std::string alert_name(std::uint8_t description);

/// True for the alerts that a server sends when it refuses a client certificate (RFC 8446 section 6.2).
bool is_certificate_alert(std::uint8_t description);

/// How far a session had come when an alert ended it: the same alert says something else each time.
enum class AlertStage {
  negotiating,     ///< nothing was agreed upon
  authenticating,  ///< version and cipher suite were
  open,            ///< the handshake was over
};

/// The sentence for a fatal alert that we received. `our_certificate` is "CN=x, issued by CN=y", or empty if
/// we have none.
std::string explain_alert(Role role, std::uint8_t description, AlertStage stage,
                          std::string_view our_certificate);

/// Nothing if the bytes may be the start of a TLS record, else a sentence that quotes what came instead. The
/// five bytes of a record header are enough; fewer will do.
std::optional<std::string> explain_not_tls(Role role, const std::uint8_t* bytes, std::size_t count);

}  // namespace persona::tls
