// What all TLS sessions of one service share: role, identity, trust, versions, suites, groups, ALPN.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/tls/clock.hpp"
#include "persona/trust/verify.hpp"

struct mbedtls_ssl_config;

namespace persona::identity {
class Identity;
}  // namespace persona::identity
namespace persona::trust {
class TrustStore;
}  // namespace persona::trust

namespace persona::tls {

class TicketIssuer;
class TicketStore;

enum class Role { client, server };

/// What a session asks of the peer's certificate. A client role always requires one.
enum class PeerCertificate {
  required,
  optional,  ///< none is fine, one that does not verify is not
  none,      ///< not asked for
};

struct ContextOptions {
  Role role = Role::client;
  std::shared_ptr<const identity::Identity> identity;  ///< null: a client without a certificate
  std::shared_ptr<const trust::TrustStore> trust;      ///< null only with PeerCertificate::none
  PeerCertificate peer_certificate = PeerCertificate::required;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::uint16_t> ciphers;  ///< IANA code points in order of preference
  /// IANA code points in order of preference. In TLS 1.2 also the curves that certificates may have, the
  /// peer's and, for a gateway that keeps to RFC 8422 section 5.3, ours.
  std::vector<std::uint16_t> groups;
  std::vector<std::string> alpn;                      ///< empty: not offered
  bool resumption = true;                             ///< by tickets, TLS 1.3 only
  std::vector<SpkiPin> pins;                          ///< one must be the peer's leaf's; empty: any
  std::shared_ptr<const trust::ClientRules> clients;  ///< role server; null: any verified client
  Clock clock = &now_by_both_clocks;                  ///< tells when a peer has to prove its key again

  /// Identity, trust and rules are the same when they are the same object.
  friend bool operator==(const ContextOptions&, const ContextOptions&) = default;
};

/// Immutable once created but for its tickets, so that the sessions of every loop share it.
class Context {
 public:
  static Result<std::shared_ptr<const Context>> create(ContextOptions options);

  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const ContextOptions& options() const { return options_; }

  /// What the peer of a handshake has to be; `expected_name` is the client role's.
  trust::VerifyPolicy verify_policy(std::optional<std::string> expected_name) const;

  const mbedtls_ssl_config* config() const { return config_.get(); }

  /// What a client keeps, and what a server seals; thread-safe. Null for the other role and without
  /// resumption. They belong to the context, so that no ticket outlives the identity and trust it came from.
  TicketStore* ticket_store() const { return ticket_store_.get(); }
  TicketIssuer* ticket_issuer() const { return ticket_issuer_.get(); }

 private:
  explicit Context(ContextOptions options);
  void set_up_resumption();

  struct Deleter {
    void operator()(mbedtls_ssl_config* config) const;
  };

  // mbedTLS keeps pointers into these vectors.
  ContextOptions options_;
  std::vector<int> suite_list_;
  std::vector<std::uint16_t> group_list_;
  std::vector<const char*> alpn_list_;
  std::unique_ptr<mbedtls_ssl_config, Deleter> config_;
  std::unique_ptr<TicketStore> ticket_store_;
  std::unique_ptr<TicketIssuer> ticket_issuer_;
};

}  // namespace persona::tls
