// Every address of an endpoint, not only the first that works.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/doctor/report.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/timer.hpp"

namespace persona::doctor {

/// Looks the name up, and has each address visited, a few at a time. Where one address is good, what has
/// failed at others is a warning: a connection goes on to the next.
///
/// Loop's thread only; must be destroyed before the loop can end.
class Round {
 public:
  static constexpr std::size_t at_once = 8;
  static constexpr std::size_t most_addresses = 32;  ///< of one name; the others are told, not visited

  /// Of one address.
  using Visited = std::function<void(std::vector<Step> steps)>;

  /// Visits an address (a Unix socket has none); calls `visited` once, and not from within.
  using Visit = std::function<void(const std::optional<net::SocketAddress>& address, Visited visited)>;

  using Done = std::function<void(std::vector<Step> steps)>;

  /// `account`: the service's name, for the resolver. `patience`: for the look-up. `owner` counts the
  /// handles. All references must outlive it.
  struct Plan {
    net::Loop& loop;
    net::HandleOwner& owner;
    net::Resolver& resolver;
    std::string account;
    Endpoint endpoint;
    Milliseconds patience;
    bool resolves = true;  ///< false: it is visited once, without an address, and nothing is looked up
    Visit visit{};
  };

  /// `done` is called once, not from within; it must not destroy the round.
  Round(Plan plan, Done done);
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

 private:
  void begin();
  void look_up();
  void found(const Result<std::vector<net::SocketAddress>>& addresses);
  void not_found(std::string sentence);
  void visit_next();
  void visited(std::size_t index, std::vector<Step> steps);
  void finish();

  Plan plan_;
  Done done_;
  Milliseconds began_{0};
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Lookup> lookup_;  // after timer_, which must still be open when it closes
  std::vector<Step> first_;             // of the look-up
  std::vector<std::optional<net::SocketAddress>> addresses_;
  std::vector<std::vector<Step>> steps_;  // by address
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
};

}  // namespace persona::doctor
