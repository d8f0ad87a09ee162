#include <chrono>

#include "persona/host/notifier.hpp"

namespace persona::host {

Notifier::Notifier() = default;

Notifier::~Notifier() = default;

bool Notifier::send(std::string_view assignments) const {
  static_cast<void>(assignments);
  return false;
}

std::vector<std::pair<std::string, std::string>> Notifier::for_successor() const {
  return {};
}

std::uint64_t monotonic_microseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace persona::host
