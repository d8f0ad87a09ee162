#include <csignal>

#include "persona/net/signals.hpp"

namespace persona::net {

std::span<const int> stop_signals() {
  static constexpr int signals[] = {SIGINT, SIGBREAK, SIGHUP};
  return signals;
}

std::span<const int> reload_signals() {
  return {};
}

std::span<const int> reopen_signals() {
  return {};
}

std::span<const int> replace_signals() {
  return {};
}

void ignore_signal(int /*signal*/) {}

void leave_no_zombies() {}

}  // namespace persona::net
