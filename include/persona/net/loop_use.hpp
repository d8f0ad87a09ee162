// How busy an event loop is: what share of its time of late it did not wait for events.
#pragma once

#include <atomic>
#include <cstdint>

#include "persona/base/duration.hpp"

namespace persona::net {

/// Fed with times that the loop has anyway (uv_now), so that it costs no look at a clock. They are a
/// millisecond coarse; what a short wait loses by that, another one gains. (uv_metrics_idle_time would cost a
/// second epoll_wait in each turn: libuv's uv__io_poll.)
class LoopUse {
 public:
  /// The share is that of at least so long a time.
  static constexpr Milliseconds window{250};

  /// Loop's thread: it is about to wait for events.
  void waits(Milliseconds now);

  /// Loop's thread: it waited until `end`. It need not be told at once.
  void waited(Milliseconds end);

  /// Any thread; `now` by any loop's clock. 0 to 100. 0 as well when the loop's last turn began a window ago:
  /// it waits, since nothing blocks a loop.
  unsigned percent(Milliseconds now) const;

 private:
  // Of the loop's thread, since the last share was told.
  Milliseconds begun_{0};
  Milliseconds waits_{0};  // all of them together
  Milliseconds waiting_since_{0};

  std::atomic<std::int64_t> turn_begun_{0};  // ms
  std::atomic<unsigned> percent_{0};
};

}  // namespace persona::net
