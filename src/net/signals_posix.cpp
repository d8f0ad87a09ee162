#include <csignal>

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

}  // namespace persona::net
