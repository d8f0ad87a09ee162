#include "persona/tls/clock.hpp"

#include <algorithm>

namespace persona::tls {

using std::chrono::milliseconds;

Moment now_by_both_clocks() {
  const auto monotonic = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<milliseconds>(monotonic),
          std::chrono::duration_cast<milliseconds>(wall)};
}

std::optional<milliseconds> elapsed(const Moment& then, const Moment& now) {
  const milliseconds monotonic = now.monotonic - then.monotonic;
  const milliseconds wall = now.wall - then.wall;
  // A clock that ran backwards measures nothing. resumable_for() then asks for a full handshake.
  if (monotonic.count() < 0 || wall.count() < 0) {
    return std::nullopt;
  }
  return std::max(monotonic, wall);
}

}  // namespace persona::tls
