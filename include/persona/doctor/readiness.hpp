// Does the persona of a configuration serve? What `persona ready` asks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persona/config/config.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"

namespace persona::doctor {

class Doors;

/// Asks once. A service with `admin` is ready if GET /readyz there says so; any other if each address that it
/// listens on accepts a connection, which ends at once. (A persona takes that for a client that has left.)
///
/// Loop's thread only; must be destroyed before the loop can end, and not by `done`.
class Readiness {
 public:
  /// How long an address has to answer.
  static constexpr Milliseconds patience{2'000};

  /// `why_not`: a sentence for each thing that is missing; empty: it serves.
  using Done = std::function<void(const std::vector<std::string>& why_not)>;

  /// `done` is called once, not from within. `owner` counts the handles. All references, and `configs`, must
  /// outlive it.
  Readiness(net::Loop& loop, net::HandleOwner& owner, net::Resolver& resolver,
            const std::vector<config::Config>& configs, Done done);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

 private:
  void ask(const config::Config& config, const Endpoint& endpoint, bool is_admin);
  void ended();

  net::Loop& loop_;
  net::HandleOwner& owner_;
  net::Resolver& resolver_;
  Done done_;
  std::vector<std::unique_ptr<Doors>> doors_;
  std::vector<std::string> why_not_;
  std::size_t ended_ = 0;
};

}  // namespace persona::doctor
