// The addresses a service dials: tried in order, one that failed rests for a while.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"

namespace persona::forward {

/// Thread-safe: the loops share what they learn.
class Targets {
 public:
  static constexpr Milliseconds first_rest{1'000};
  static constexpr Milliseconds longest_rest{60'000};

  explicit Targets(std::vector<Endpoint> endpoints);

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  std::size_t size() const { return endpoints_.size(); }
  const Endpoint& at(std::size_t index) const { return endpoints_[index]; }

  /// Indices in the order to try: those that do not rest in the order given, then the resting ones, the one
  /// that wakes first first. Never empty, so that a lone address is always tried. `now` is any monotonic
  /// clock.
  std::vector<std::size_t> order(Milliseconds now) const;

  /// It rests: 1 s after the first failure, doubled by each further one up to 60 s.
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
