// A one-shot timer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include <uv.h>

#include "persona/base/duration.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// Loop's thread only.
class Timer {
 public:
  /// What happens if the timer finds itself due much too late: the process stood still (SIGSTOP, a machine
  /// that was suspended), so the others have had no chance to be in time.
  enum class StoodStill {
    expires,
    begins_anew,  ///< once for each start
  };

  /// Counts as one of `owner`'s handles, unless that is null.
  static HandlePtr<Timer> create(Loop& loop, HandleOwner* owner);

  /// Replaces any earlier start. `expired` is called once, and only when the loop has looked at every socket
  /// since the timer was due: what had arrived by then has been read.
  void start(Milliseconds delay, std::function<void()> expired, StoodStill late = StoodStill::expires);
  void stop();

 private:
  friend struct CloseDeleter;
  Timer() = default;
  ~Timer() = default;
  void close();
  void arm(Milliseconds delay);
  void fire();

  uv_timer_t handle_{};
  HandleOwner* owner_ = nullptr;
  Milliseconds delay_{0};
  Milliseconds due_{0};  // by the loop's clock
  StoodStill late_ = StoodStill::expires;
  std::optional<std::uint64_t> due_at_poll_;  // Loop::polls() when it was found to be due
  std::function<void()> expired_;
};

/// Monotonic milliseconds of the loop's current iteration (uv_now).
Milliseconds now(Loop& loop);

/// The same clock, read now (uv_hrtime): for durations within one iteration.
Milliseconds precise_now();

/// The same in microseconds: for what is measured.
std::chrono::microseconds stopwatch();

}  // namespace persona::net
