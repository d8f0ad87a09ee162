// A one-shot timer.
#pragma once

#include <functional>

#include <uv.h>

#include "persona/base/duration.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

/// Loop's thread only.
class Timer {
 public:
  /// Counts as one of `owner`'s handles, unless that is null.
  static HandlePtr<Timer> create(Loop& loop, HandleOwner* owner);

  /// Replaces any earlier start. `expired` is called once.
  void start(Milliseconds delay, std::function<void()> expired);
  void stop();

 private:
  friend struct CloseDeleter;
  Timer() = default;
  ~Timer() = default;
  void close();

  uv_timer_t handle_{};
  HandleOwner* owner_ = nullptr;
  std::function<void()> expired_;
};

/// Monotonic milliseconds of the loop's current iteration (uv_now).
Milliseconds now(Loop& loop);

/// The same clock, read now (uv_hrtime): for durations within one iteration.
Milliseconds precise_now();

}  // namespace persona::net
