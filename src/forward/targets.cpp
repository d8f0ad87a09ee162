#include "persona/forward/targets.hpp"

#include <algorithm>
#include <utility>

namespace persona::forward {

Targets::Targets(std::vector<Endpoint> endpoints)
    : endpoints_(std::move(endpoints)), health_(endpoints_.size()) {}

std::vector<std::size_t> Targets::order(Milliseconds now) const {
  std::vector<std::size_t> awake;
  std::vector<std::size_t> resting;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < health_.size(); ++i) {
    (health_[i].rests_until > now ? resting : awake).push_back(i);
  }
  std::stable_sort(resting.begin(), resting.end(), [&](std::size_t a, std::size_t b) {
    return health_[a].rests_until < health_[b].rests_until;
  });
  awake.insert(awake.end(), resting.begin(), resting.end());
  return awake;
}

void Targets::failed(std::size_t index, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  Health& health = health_[index];
  health.failed_at = WallClock::now();
  if (health.rests_until > now) {
    return;  // connections that fail together count once
  }
  health.rests_until = now + health.next_rest;
  health.next_rest = std::min(health.next_rest * 2, longest_rest);
}

void Targets::succeeded(std::size_t index, std::optional<Family> family) {
  const std::lock_guard lock(mutex_);
  const auto failed_at = health_[index].failed_at;
  health_[index] = Health{};
  health_[index].family = family;
  health_[index].failed_at = failed_at;
}

std::vector<Targets::Condition> Targets::conditions(Milliseconds now) const {
  std::vector<Condition> conditions;
  conditions.reserve(endpoints_.size());
  const std::lock_guard lock(mutex_);
  for (const Health& health : health_) {
    conditions.push_back({health.failed_at, health.rests_until > now, health.next_rest > first_rest});
  }
  return conditions;
}

std::optional<Family> Targets::family(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return health_[index].family;
}

}  // namespace persona::forward
