#include "persona/forward/recent_failures.hpp"

#include <utility>

#include "persona/base/text.hpp"

namespace persona::forward {

void RecentFailures::add(FailedConnection failed) {
  failed.error.resize(utf8_prefix(failed.error, longest_error).size());
  failed.error.shrink_to_fit();
  const std::lock_guard lock(mutex_);
  if (failed_.size() == most) {
    failed_.pop_back();
  }
  failed_.push_front(std::move(failed));
}

std::vector<FailedConnection> RecentFailures::newest_first() const {
  const std::lock_guard lock(mutex_);
  return {failed_.begin(), failed_.end()};
}

}  // namespace persona::forward
