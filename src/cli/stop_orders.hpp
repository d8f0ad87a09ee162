// What the first order to stop means, and each after it; and a request to quit.
#pragma once

#include <optional>
#include <utility>

#include "persona/base/duration.hpp"

namespace persona::cli {

/// The first order drains, one after that cuts. Those that come within `echo` of the first are the same
/// order: timeout(1), and process managers that signal a process and its group, send two at once.
class StopOrders {
 public:
  enum class Meaning {
    drain,
    same,     ///< as the first
    cut,      ///< end what has not finished
    nothing,  ///< everything is being cut already
  };

  static constexpr Milliseconds echo{1'000};

  /// `now`: of a monotonic clock.
  Meaning received(Milliseconds now) {
    if (!first_) {
      first_ = now;
      return requested_ ? Meaning::nothing : Meaning::drain;
    }
    if (forced_) {
      return Meaning::nothing;
    }
    forced_ = now - *first_ >= echo;
    return forced_ ? Meaning::cut : Meaning::same;
  }

  /// Drains as well, but neither another one nor the first order after it cuts: a request may be repeated,
  /// and whoever has sent it, or a container's host, sends SIGTERM soon. So it is where another process has
  /// taken over: who stops the service tells both.
  Meaning requested() {
    return std::exchange(requested_, true) || first_ ? Meaning::nothing : Meaning::drain;
  }

  bool any() const { return first_ || requested_; }
  bool forced() const { return forced_; }

 private:
  std::optional<Milliseconds> first_;
  bool forced_ = false;
  bool requested_ = false;
};

}  // namespace persona::cli
