// What the connections of one configured service share.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/address.hpp"
#include "persona/base/dial_rules.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/failure_log.hpp"
#include "persona/forward/targets.hpp"
#include "persona/forward/user_rules.hpp"
#include "persona/net/address.hpp"
#include "persona/tls/context.hpp"

namespace persona::identity {
class Identity;
class Trust;
}  // namespace persona::identity

namespace persona::forward {

/// What a service is made of. Certificates are loaded by the caller, so that they need not be files.
struct ServiceParts {
  config::Config config;
  std::shared_ptr<const identity::Identity>
      identity;  ///< null: a persona that has none to present (the demo's)
  std::shared_ptr<const identity::Trust> trust;
  std::shared_ptr<log::Logger> logger;
};

/// Immutable but for counters and the health of its targets; shared by all loops.
class Service {
 public:
  static Result<std::shared_ptr<Service>> create(ServiceParts parts);

  const config::Config& config() const { return config_; }
  const std::string& name() const { return config_.name; }
  config::Mode mode() const { return config_.mode; }
  const std::shared_ptr<const tls::Context>& tls() const { return tls_; }
  log::Logger& logger() const { return *logger_; }
  FailureLog& failures() { return failures_; }
  Targets& targets() { return targets_; }

  /// The name to verify on a target: gateway.server_name, or its host.
  const std::string& server_name(const Endpoint& target) const;

  /// access.allow; Unix sockets are governed by their file permissions.
  bool admits(const net::SocketAddress& client) const;

  const UserRules& users() const { return users_; }            ///< access.allow_users, of Unix sockets
  const DialRules& dial_rules() const { return dial_rules_; }  ///< gateway.allowed_addresses

  /// Counts a connection in; false when limits.connections is reached.
  bool enter();
  void leave() { --live_; }
  std::size_t live() const { return live_; }

 private:
  Service(ServiceParts parts, std::shared_ptr<const tls::Context> tls, UserRules users);

  config::Config config_;
  std::shared_ptr<const tls::Context> tls_;
  std::shared_ptr<log::Logger> logger_;
  std::vector<Cidr> access_;
  UserRules users_;
  DialRules dial_rules_;
  FailureLog failures_;
  Targets targets_;
  std::atomic<std::size_t> live_ = 0;
};

}  // namespace persona::forward
