// The addresses that a service dials, in order. One that failed rests for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"

namespace persona::forward {

/// Of IP addresses.
enum class Family { v4, v6 };

/// Thread-safe: all loops share the health of the targets.
class Targets {
 public:
  using WallClock = std::chrono::system_clock;

  /// How a target is, for an administrator.
  struct Condition {
    std::optional<WallClock::time_point> failed_at;  ///< last, in this configuration; nothing: never
    bool rests = false;                              ///< others are tried before it
    bool fails = false;                              ///< it has failed, and was not good since
  };

  static constexpr Milliseconds first_rest{1'000};
  static constexpr Milliseconds longest_rest{60'000};

  explicit Targets(std::vector<Endpoint> endpoints);

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  std::size_t size() const { return endpoints_.size(); }
  const Endpoint& at(std::size_t index) const { return endpoints_[index]; }

  /// Indices in the order to try: first those that are not resting, in the configured order, then the resting
  /// ones, starting with the one whose rest ends first. Resting ones are included so that a single address is
  /// always tried. `now` is any monotonic clock.
  std::vector<std::size_t> order(Milliseconds now) const;

  /// The target rests: 1 s after the first failure, twice as long after each further one, up to 60 s.
  void failed(std::size_t index, Milliseconds now);

  /// One for each of endpoints(). `now` as for order().
  std::vector<Condition> conditions(Milliseconds now) const;

  /// `family`: of the address that was good; nothing for a Unix socket.
  void succeeded(std::size_t index, std::optional<Family> family);

  /// The family that was good last. It is tried first (RFC 8305 section 4), so that only the first connection
  /// waits for a family that does not get through.
  std::optional<Family> family(std::size_t index) const;

 private:
  struct Health {
    Milliseconds rests_until{0};
    Milliseconds next_rest = first_rest;
    std::optional<Family> family;
    std::optional<WallClock::time_point> failed_at;  // stays when it is well again
  };

  std::vector<Endpoint> endpoints_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
};

}  // namespace persona::forward
