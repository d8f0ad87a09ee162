// One set of all that a reload can replace: configuration, certificates, access, targets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "persona/base/address.hpp"
#include "persona/base/dial_rules.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/forward/targets.hpp"
#include "persona/forward/user_rules.hpp"
#include "persona/net/address.hpp"
#include "persona/tls/context.hpp"

namespace persona::identity {
class Identity;
}  // namespace persona::identity
namespace persona::trust {
class TrustStore;
}  // namespace persona::trust

namespace persona::forward {

/// What a generation is made of. Certificates are loaded by the caller, so that they need not be files.
struct Material {
  config::Config config;
  std::shared_ptr<const identity::Identity>
      identity;  ///< null: a persona that has none to present (the demo's)
  std::shared_ptr<const trust::TrustStore> trust;
  std::string digest{};  ///< of the contents of all files it was read from; empty: unknown
  /// Of all that identity and trust were made of, and nothing else: files in their roles, settings.
  std::string certificate_digest{};
};

/// The keys in which `next` differs from `running` and which only a restart can change ("listen"); their
/// values in `next` become those that run.
std::vector<std::string> keep_what_needs_restart(config::Config& next, const config::Config& running);

/// Immutable but for the tickets of its TLS context and the health of its targets, both of which lock; shared
/// by all loops. A connection has the one that was current when it was accepted, for all its life. The last
/// user frees it, which zeroises the private key.
class Generation {
 public:
  /// The TLS context and the health of targets of `before` (may be null) are used on where nothing that they
  /// depend on has changed.
  static Result<std::shared_ptr<const Generation>> create(Material material, const Generation* before);

  const config::Config& config() const { return config_; }
  const std::shared_ptr<const tls::Context>& tls() const { return tls_; }
  Targets& targets() const { return *targets_; }
  const std::string& digest() const { return digest_; }

  /// Of our chain and the CA certificates.
  const std::vector<Expiry>& expiries() const { return expiries_; }

  /// The name to verify on a target: gateway.server_name, or its host.
  const std::string& server_name(const Endpoint& target) const;

  const UserRules& users() const { return users_; }            ///< access.allow_users, of Unix sockets
  const DialRules& dial_rules() const { return dial_rules_; }  ///< gateway.allowed_addresses

  /// access.allow; Unix sockets are governed by their file permissions and users().
  bool admits(const net::SocketAddress& client) const;

 private:
  Generation(Material material, std::shared_ptr<const tls::Context> tls, std::shared_ptr<Targets> targets,
             UserRules users);

  config::Config config_;
  std::shared_ptr<const tls::Context> tls_;
  std::shared_ptr<Targets> targets_;
  std::vector<Cidr> access_;
  UserRules users_;
  DialRules dial_rules_;
  std::string digest_;
  std::string certificate_digest_;
  std::vector<Expiry> expiries_;
};

}  // namespace persona::forward
