// Signals (on Windows: console events), delivered on a loop.
#pragma once

#include <functional>
#include <span>

#include <uv.h>

#include "persona/base/result.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"

namespace persona::net {

// Platform: net/signals_posix.cpp, net/signals_windows.cpp.

/// Those that ask a process to stop: SIGTERM and SIGINT; on Windows Ctrl-C (SIGINT), Ctrl-Break (SIGBREAK)
/// and the closing of the console (SIGHUP, after which the system grants a few seconds).
std::span<const int> stop_signals();

/// Those that ask a process to reload: SIGHUP; none on Windows.
std::span<const int> reload_signals();

/// Those that ask a process to open its log files again: SIGUSR1; none on Windows.
std::span<const int> reopen_signals();

/// Those that ask a process to start the program anew and hand over to it: SIGUSR2; none on Windows.
std::span<const int> replace_signals();

/// The signal does nothing any more, until it is watched. Nothing on Windows, which has no such signals.
void ignore_signal(int signal);

/// In a container, where we may be process 1: children that nobody waits for leave no zombies, neither ours
/// nor those that lost their parent. Nothing elsewhere.
void leave_no_zombies();

/// Loop's thread only, or before the loop runs. Once its watcher has gone the signal is ignored: it must not
/// kill a process that is about to end in order.
class SignalWatcher {
 public:
  static Result<HandlePtr<SignalWatcher>> create(Loop& loop, int signal, std::function<void()> raised);

 private:
  friend struct CloseDeleter;
  SignalWatcher() = default;
  ~SignalWatcher() = default;
  void close();

  uv_signal_t handle_{};
  std::function<void()> raised_;
};

}  // namespace persona::net
