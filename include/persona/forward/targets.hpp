// The addresses that a service dials, in order. One that failed rests for a while.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"

namespace persona::forward {

/// Thread-safe: all loops share the health of the targets.
class Targets {
 public:
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
  void succeeded(std::size_t index);

 private:
  struct Health {
    Milliseconds rests_until{0};
    Milliseconds next_rest = first_rest;
  };

  std::vector<Endpoint> endpoints_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
};

}  // namespace persona::forward
