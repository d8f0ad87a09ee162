// Which verified clients are admitted, judged by their certificates.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "persona/base/spki_pin.hpp"

struct mbedtls_x509_crt;

namespace persona::trust {

/// The lists of `clients.allow`; name_pattern.hpp says what a pattern matches.
struct ClientPatterns {
  std::vector<std::string> cn = {};
  std::vector<std::string> dns = {};
  std::vector<std::string> uri = {};
  std::vector<SpkiPin> pins = {};

  friend bool operator==(const ClientPatterns&, const ClientPatterns&) = default;
};

/// Only for a leaf whose chain was verified: a name is worth no more than its issuer. Immutable, so threads
/// may share it.
class ClientRules {
 public:
  explicit ClientRules(ClientPatterns patterns) : patterns_(std::move(patterns)) {}

  /// True if the leaf's public key or one of its names matches. With several common names, none counts; with
  /// several URIs, none is used as a SPIFFE ID (X509-SVID section 2: there must be exactly one).
  bool admits(const mbedtls_x509_crt& leaf) const;

  /// Why the leaf is not admitted, as a sentence without a full stop, everything from the certificate
  /// escaped: "client CN=reporting (dns a.example.com; pin sha256//...) matches nothing in clients.allow (cn:
  /// postgres-*; uri: spiffe://prod/*)".
  std::string refusal(const mbedtls_x509_crt& leaf) const;

  friend bool operator==(const ClientRules&, const ClientRules&) = default;

 private:
  ClientPatterns patterns_;
};

}  // namespace persona::trust
