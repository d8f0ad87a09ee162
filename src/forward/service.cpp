#include "persona/forward/service.hpp"

#include <utility>

namespace persona::forward {

Result<std::shared_ptr<Service>> Service::create(Material material, std::shared_ptr<log::Logger> logger) {
  auto first = Generation::create(std::move(material), nullptr);
  if (!first) {
    return tl::unexpected(first.error());
  }
  return std::shared_ptr<Service>(new Service(std::move(*first), std::move(logger)));
}

Service::Service(std::shared_ptr<const Generation> first, std::shared_ptr<log::Logger> logger)
    : name_(first->config().name),
      mode_(first->config().mode),
      logger_(std::move(logger)),
      failures_(logger_),
      current_(std::move(first)) {}

std::shared_ptr<const Generation> Service::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Service::replace(std::shared_ptr<const Generation> next) {
  const std::lock_guard lock(mutex_);
  current_.swap(next);  // the old one is freed by the caller's stack, behind the lock
}

bool Service::enter(std::size_t limit) {
  std::size_t live = live_;
  while (live < limit) {
    if (live_.compare_exchange_weak(live, live + 1)) {
      return true;
    }
  }
  return false;
}

}  // namespace persona::forward
