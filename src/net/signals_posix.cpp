#include <csignal>
#include <unistd.h>

#include "persona/net/signals.hpp"

namespace persona::net {

std::span<const int> stop_signals() {
  static constexpr int signals[] = {SIGTERM, SIGINT};
  return signals;
}

std::span<const int> reload_signals() {
  static constexpr int signals[] = {SIGHUP};
  return signals;
}

std::span<const int> reopen_signals() {
  static constexpr int signals[] = {SIGUSR1};
  return signals;
}

std::span<const int> replace_signals() {
  static constexpr int signals[] = {SIGUSR2};
  return signals;
}

void ignore_signal(int signal) {
  // Fails only for a signal that does not exist, or that cannot be ignored.
  static_cast<void>(std::signal(signal, SIG_IGN));
}

void leave_no_zombies() {
  if (getpid() == 1) {
    ignore_signal(SIGCHLD);  // the kernel takes them away: wait(2)
  }
}

}  // namespace persona::net
