#include "persona/tls/failure.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace persona::tls {

namespace {

struct Alert {
  std::uint8_t description;
  std::string_view name;  // RFC 8446 section 6, RFC 5246 section 7.2
  bool about_certificate;
  std::string_view meaning;  // follows "the gateway refused ..."; empty: the name says enough
};

constexpr std::uint8_t bad_record_mac = 20;
constexpr std::uint8_t handshake_failure = 40;
constexpr std::uint8_t internal_error = 80;

constexpr std::array alerts{
    Alert{0, "close_notify", false, ""},
    Alert{10, "unexpected_message", false, ""},
    Alert{bad_record_mac, "bad_record_mac", false, "a record was damaged on the way"},
    Alert{22, "record_overflow", false, ""},
    Alert{handshake_failure, "handshake_failure", false, ""},  // see meaning_of()
    Alert{42, "bad_certificate", true, "it finds the certificate unacceptable"},
    Alert{43, "unsupported_certificate", true, "it does not support this kind of certificate"},
    Alert{44, "certificate_revoked", true, "it says the certificate is revoked"},
    Alert{45, "certificate_expired", true,
          "it says the certificate is expired or not yet valid; compare the clocks"},
    Alert{46, "certificate_unknown", true, "it finds the certificate unacceptable"},
    Alert{47, "illegal_parameter", false, ""},
    Alert{48, "unknown_ca", true, "it does not trust the issuer"},
    Alert{49, "access_denied", true, "the certificate is valid but not allowed in"},
    Alert{50, "decode_error", false, ""},
    Alert{51, "decrypt_error", false, "a signature or Finished message did not verify"},
    Alert{70, "protocol_version", false,
          "no common TLS version: compare tls.min_version and tls.max_version"},
    Alert{71, "insufficient_security", false, "it asks for stronger cipher suites"},
    Alert{internal_error, "internal_error", false, "it failed for a reason of its own: see its log"},
    Alert{86, "inappropriate_fallback", false, ""},
    Alert{90, "user_canceled", false, ""},
    Alert{100, "no_renegotiation", false, ""},
    Alert{109, "missing_extension", false, ""},
    Alert{110, "unsupported_extension", false, ""},
    Alert{112, "unrecognized_name", false, "it does not serve this name: check gateway.server_name"},
    Alert{113, "bad_certificate_status_response", false, ""},
    Alert{115, "unknown_psk_identity", false, ""},
    Alert{116, "certificate_required", true, "it requires a client certificate"},
    Alert{120, "no_application_protocol", false, "no common application protocol: compare tls.alpn"},
};

const Alert* find_alert(std::uint8_t description) {
  const auto* found = std::find_if(alerts.begin(), alerts.end(),
                                   [&](const Alert& alert) { return alert.description == description; });
  return found == alerts.end() ? nullptr : found;
}

// What is to be compared and agreed upon was settled before a later stage: there the same word means
// something else.
std::string_view meaning_of(const Alert& alert, Role role, AlertStage stage) {
  if (stage == AlertStage::open && !alert.about_certificate && alert.description != bad_record_mac &&
      alert.description != internal_error) {
    return "its log says why";
  }
  if (alert.description != handshake_failure) {
    return alert.meaning;
  }
  if (stage == AlertStage::negotiating) {
    return role == Role::client ? "no TLS version, cipher suite, group or signature algorithm in common (a "
                                  "gateway whose only certificate is "
                                  "Ed25519, RSA-PSS or brainpool has none that persona uses), or a "
                                  "client certificate is required"
                                : "no TLS version, cipher suite, group or signature algorithm in common";
  }
  return role == Role::client
             ? "TLS version and cipher suite were agreed upon, so it may require a client certificate, or "
               "accept no signature of our key; its log says which"
             : "TLS version and cipher suite were agreed upon, so it may accept no signature of our key; its "
               "log says why";
}

}  // namespace

trust::PeerRole peer_of(Role role) {
  return role == Role::client ? trust::PeerRole::gateway : trust::PeerRole::client;
}

std::string_view peer_word(Role role) {
  return to_string(peer_of(role));
}

std::string alert_name(std::uint8_t description) {
  const Alert* alert = find_alert(description);
  return alert != nullptr ? std::string(alert->name) : fmt::format("alert_{}", description);
}

bool is_certificate_alert(std::uint8_t description) {
  const Alert* alert = find_alert(description);
  return alert != nullptr && alert->about_certificate;
}

std::string explain_alert(Role role, std::uint8_t description, AlertStage stage,
                          std::string_view our_certificate) {
  const Alert* alert = find_alert(description);
  const std::string_view meaning = alert != nullptr ? meaning_of(*alert, role, stage) : "";
  std::string sentence;
  if (is_certificate_alert(description)) {
    if (our_certificate.empty()) {
      sentence = fmt::format(
          "the {} requires a client certificate issued by an authority it trusts, and none was presented",
          peer_word(role));
    } else {
      sentence =
          fmt::format("the {} refused our certificate ({}): {}", peer_word(role), our_certificate, meaning);
    }
  } else {
    sentence = fmt::format("the {} ended the {}", peer_word(role),
                           stage == AlertStage::open ? "open TLS session" : "TLS session");
    if (!meaning.empty()) {
      sentence += fmt::format(": {}", meaning);
    }
  }
  return sentence + fmt::format(" (alert {})", alert_name(description));
}

std::optional<std::string> explain_not_tls(Role role, const std::uint8_t* bytes, std::size_t count) {
  // RFC 8446 section 5.1: content type 20 to 23, then legacy_record_version 3.x.
  const bool type_fits = count < 1 || (bytes[0] >= 20 && bytes[0] <= 23);
  const bool version_fits = count < 2 || bytes[1] == 3;
  if (type_fits && version_fits) {
    return std::nullopt;
  }
  std::string quoted;
  for (std::size_t i = 0; i < count; ++i) {
    if (bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '"' && bytes[i] != '\\') {
      quoted += static_cast<char>(bytes[i]);
    } else {
      quoted += fmt::format("\\x{:02x}", bytes[i]);
    }
  }
  return fmt::format("the {} does not speak TLS here: its first bytes are \"{}\"", peer_word(role), quoted);
}

}  // namespace persona::tls
