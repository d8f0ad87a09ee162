// How much time has passed, where neither of a machine's clocks is to be trusted alone.
#pragma once

#include <chrono>
#include <optional>

namespace persona::tls {

/// A moment by both clocks. The wall clock can be set back; the monotonic one may stand still while the
/// machine sleeps (clock_gettime(2) of Linux, CLOCK_MONOTONIC) or while a virtual one is paused. Of use
/// within one process.
struct Moment {
  std::chrono::milliseconds monotonic{0};  ///< std::chrono::steady_clock
  std::chrono::milliseconds wall{0};       ///< since 1970
};

/// Any thread.
using Clock = Moment (*)();

Moment now_by_both_clocks();

/// The longer of what the two clocks say; nothing when `then` is yet to come by one of them.
std::optional<std::chrono::milliseconds> elapsed(const Moment& then, const Moment& now);

}  // namespace persona::tls
