// What all TLS sessions of one service share: role, identity, trust, versions, cipher suites, groups, ALPN.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/base/trust_profile.hpp"
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
struct TicketKeys;
class TicketStore;

enum class Role { client, server };

/// Whether a session requires a certificate of its peer. A client always does.
enum class PeerCertificate {
  required,
  optional,  ///< absence is accepted, a certificate that does not verify is not
  none,      ///< not requested
};

struct ContextOptions {
  Role role = Role::client;
  std::shared_ptr<const identity::Identity> identity;  ///< null: a client without a certificate
  std::shared_ptr<const trust::TrustStore> trust;      ///< null only with PeerCertificate::none
  PeerCertificate peer_certificate = PeerCertificate::required;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::uint16_t> ciphers;  ///< IANA code points in order of preference
  /// IANA code points in order of preference. In TLS 1.2 they also limit the curves of certificates: the
  /// peer's, and ours if the gateway follows RFC 8422 section 5.3.
  std::vector<std::uint16_t> groups;
  std::vector<std::string> alpn;                     ///< empty: not offered
  bool resumption = true;                            ///< with tickets
  std::shared_ptr<const TicketKeys> ticket_keys{};   ///< role server; null: nobody else opens its tickets
  TrustProfile profile = TrustProfile::private_cas;  ///< which rules the peer's certificates have to keep
  std::vector<SpkiPin> pins;                         ///< the peer's leaf must match one; empty: any
  bool pins_alone = false;                           ///< role client: no name must match; `pins` is not empty
  std::shared_ptr<const trust::ClientRules> clients;  ///< role server; null: any verified client
  bool keep_peer_paths = false;                       ///< for SessionInfo::peer_path
  Clock clock = &now_by_both_clocks;                  ///< decides when a peer must prove its key again

  /// Identity, trust, keys and rules are compared by address, not by content.
  friend bool operator==(const ContextOptions&, const ContextOptions&) = default;
};

/// Immutable once created, except for its tickets, so the sessions of all loops can share it.
class Context {
 public:
  static Result<std::shared_ptr<const Context>> create(ContextOptions options);

  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const ContextOptions& options() const { return options_; }

  /// What the peer of a handshake must be. `expected_name` is for the client role only, and dropped where
  /// pins decide alone.
  trust::VerifyPolicy verify_policy(std::optional<std::string> expected_name) const;

  const mbedtls_ssl_config* config() const { return config_.get(); }

  /// Client: the key share of a ClientHello takes some 10 to 100 µs of CPU, not a millisecond as those of the
  /// NIST curves do (mbedTLS makes them).
  bool has_quick_share() const;

  /// The tickets that a client keeps, and those that a server seals; both thread-safe. Null for the other
  /// role and without resumption. The context owns them, so no ticket outlives the identity and trust it came
  /// from.
  TicketStore* ticket_store() const { return ticket_store_.get(); }
  TicketIssuer* ticket_issuer() const { return ticket_issuer_.get(); }

 private:
  explicit Context(ContextOptions options);
  Result<void> set_up_resumption();

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
