// Everything that a reload can replace, as one object: configuration, certificates, access, targets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/address.hpp"
#include "persona/base/dial_rules.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/forward/inquiries.hpp"
#include "persona/forward/targets.hpp"
#include "persona/forward/user_rules.hpp"
#include "persona/net/address.hpp"
#include "persona/tls/context.hpp"

namespace persona::identity {
class Identity;
}  // namespace persona::identity
namespace persona::x509 {
class Secret;
}  // namespace persona::x509
namespace persona::tls {
struct TicketKeys;
}  // namespace persona::tls
namespace persona::trust {
struct CrlInfo;
class TrustStore;
}  // namespace persona::trust

namespace persona::forward {

/// What a generation is made of. The caller loads the certificates, so they need not come from files.
struct Material {
  config::Config config;
  std::shared_ptr<const identity::Identity>
      identity;  ///< null: a client with no certificate to present (in the demo)
  std::shared_ptr<const trust::TrustStore> trust;
  std::string digest{};  ///< of the contents of all files that were read; empty: unknown
  /// Of everything that identity, trust and ticket keys were made from, and nothing else: file contents, the
  /// role of each file, settings.
  std::string certificate_digest{};
  std::shared_ptr<const x509::Secret> via_password{};    ///< of gateway.via's user; null: it has none
  std::shared_ptr<const tls::TicketKeys> ticket_keys{};  ///< null: tickets are for this process alone
};

/// The keys that differ and that only a restart can change ("threads"). Sets them in `next` to their values
/// in `running`.
std::vector<std::string> keep_what_needs_restart(config::Config& next, const config::Config& running);

/// Shared by all loops. Immutable, except for the tickets of its TLS context, the health of its targets and
/// what they have said that do not speak TLS, which lock. A connection keeps the generation that was current
/// when it was accepted. Its last user frees it, and the private key is zeroised.
class Generation {
 public:
  /// Reuses the TLS context and the targets' health of `before` (may be null) if nothing that they depend on
  /// has changed.
  static Result<std::shared_ptr<const Generation>> create(Material material, const Generation* before);

  /// The same with CRLs that are newer, and nothing else new; see TrustStore::with_newer_crls. Its digest()
  /// is empty, because no files as they are make it. Null: there are none, or they cannot be used.
  std::shared_ptr<const Generation> with_newer_crls(std::vector<trust::CrlInfo>& added) const;

  const config::Config& config() const { return config_; }
  const std::shared_ptr<const tls::Context>& tls() const { return tls_; }
  Targets& targets() const { return *targets_; }
  Inquiries& inquiries() const { return *inquiries_; }
  const std::string& digest() const { return digest_; }

  /// Of the certificates in our chain and in trust.ca, and of the CRLs.
  const std::vector<Expiry>& expiries() const { return expiries_; }

  /// The name that a target's certificate must match: gateway.server_name, or the target's host.
  const std::string& server_name(const Endpoint& target) const;

  /// Of the user of gateway.via; empty if there is none. Valid as long as this object.
  std::string_view via_password() const;

  const UserRules& users() const { return users_; }            ///< access.allow_users, for Unix sockets
  const DialRules& dial_rules() const { return dial_rules_; }  ///< gateway.allowed_addresses

  /// access.allow. Always true for Unix sockets: their file permissions and users() decide.
  bool admits(const net::SocketAddress& client) const;

 private:
  Generation(Material material, std::shared_ptr<const tls::Context> tls, std::shared_ptr<Targets> targets,
             UserRules users);

  config::Config config_;
  std::shared_ptr<const tls::Context> tls_;
  std::shared_ptr<Targets> targets_;
  std::unique_ptr<Inquiries> inquiries_ = std::make_unique<Inquiries>();  // anew with each configuration
  std::vector<Cidr> access_;
  UserRules users_;
  DialRules dial_rules_;
  std::string digest_;
  std::string certificate_digest_;
  std::shared_ptr<const x509::Secret> via_password_;
  std::vector<Expiry> expiries_;
};

}  // namespace persona::forward
