// What systemd is told while `persona run` runs (sd_notify(3)), and when.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "persona/host/notifier.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::cli {

/// How the process is; both are called on the main loop.
struct Vitals {
  std::function<std::string()> status;  ///< one line for an administrator
  /// Calls `all_here` on the main loop once every loop has run a task, see net::roll_call().
  std::function<void(std::function<void()> all_here)> ask_loops;
};

/// On the main loop. Says READY=1 when it is made, WATCHDOG=1 every half of the watchdog's time as long as
/// all loops answer, and STATUS= when that has changed.
class Notices {
 public:
  static constexpr Milliseconds status_interval{5'000};
  static constexpr Milliseconds retry_interval{500};  ///< after systemd did not take what it must know
  /// While it drains, which timeouts.shutdown bounds, systemd is asked for this much more at each interval:
  /// the unit need not know that timeout, and a process that hangs is still ended.
  static constexpr Milliseconds drain_step{30'000};

  /// `notifier` must be heard, and outlive this.
  Notices(const host::Notifier& notifier, net::Loop& loop, Vitals vitals);

  /// A reload was asked for.
  void reloading();

  /// One that was has an end: why it was refused, in a line; empty: it was not. READY=1 follows the last one.
  void reloaded(const std::string& refusal);

  void draining();

 private:
  void must_tell(std::string assignments);
  void tell_what_waits();
  std::string status();
  void tick();
  void look_at_loops();

  const host::Notifier& notifier_;
  Vitals vitals_;
  std::string last_status_;
  std::deque<std::string> waiting_;  // what systemd has not taken yet, oldest first
  int reloads_ = 0;                  // under way
  bool draining_ = false;
  bool asked_ = false;                                     // the loops, which have not all answered
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // for answers that come later than our end
  net::HandlePtr<net::Timer> ticks_;
  net::HandlePtr<net::Timer> beats_;  // null: there is no watchdog
};

}  // namespace persona::cli
