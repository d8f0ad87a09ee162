// How much time has passed, when neither of the machine's clocks can be trusted alone.
#pragma once

#include <chrono>
#include <optional>

namespace persona::tls {

/// A moment on both clocks. The wall clock can be set back; the monotonic one may stop while the machine
/// sleeps (Linux clock_gettime(2), CLOCK_MONOTONIC) or while a virtual machine is paused. Meaningful only
/// within one process.
struct Moment {
  std::chrono::milliseconds monotonic{0};  ///< std::chrono::steady_clock
  std::chrono::milliseconds wall{0};       ///< since 1970
};

/// Called on any thread.
using Clock = Moment (*)();

Moment now_by_both_clocks();

/// The longer of the two clocks' intervals; nothing if `then` is in the future on either clock.
std::optional<std::chrono::milliseconds> elapsed(const Moment& then, const Moment& now);

}  // namespace persona::tls
