// One event loop and the thread that runs it.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <uv.h>

#include "persona/base/result.hpp"
#include "persona/net/inherited_sockets.hpp"
#include "persona/net/loop_use.hpp"
#include "persona/net/waker.hpp"
#include "persona/net/window_watch.hpp"

namespace persona::net {

/// The version of libuv at run time, which may be newer than the one compiled against.
std::string libuv_version();

class Listener;

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create();

  /// Only after close().
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* uv() { return &loop_; }

  /// Runs on the calling thread, which becomes the loop's thread, until finish() has been called and every
  /// handle is closed.
  void run();

  /// Any thread: runs `task` on the loop's thread; tasks run in the order posted. Those that have not run at
  /// finish(), and later ones, are destroyed without running.
  void post(std::function<void()> task);

  /// Loop's thread: lets run() return once the last handle is closed.
  void finish();

  /// After run(). False: a handle is still open, which is a leak.
  [[nodiscard]] bool close();

  /// Loop's thread only.
  WindowWatch& window_watch() { return *window_watch_; }

  /// What listens on this loop takes its sockets from here, where they are, instead of making them. Loop's
  /// thread only, or before it runs.
  InheritedSockets& inherited() { return inherited_; }

  /// All that listen on this loop. They enter and leave by themselves. Loop's thread only, or before it runs.
  std::vector<Listener*>& listeners() { return listeners_; }

  /// How often the loop has looked at its sockets. Loop's thread only.
  std::uint64_t polls() const { return polls_; }

  /// Percent of its time, of late, that the loop was not waiting for events. Any thread; `now`: of any loop's
  /// clock.
  unsigned busy(Milliseconds now) const { return use_.percent(now); }

  bool on_thread() const { return thread_ == std::this_thread::get_id(); }

  /// May the calling thread touch what belongs to the loop? During run() only the loop's thread may; before
  /// and after it, any thread that owns the loop.
  bool is_here() const { return thread_ == std::thread::id() || on_thread(); }

  /// Functions that are for the loop's thread only begin with one of these. No effect if NDEBUG is defined.
  void assert_here() const { assert(is_here()); }
  static void assert_on_loop([[maybe_unused]] const uv_loop_t* loop) {
    assert(static_cast<const Loop*>(loop->data)->is_here());
  }

 private:
  Loop() = default;
  void run_posted();
  void watch_polls();
  Milliseconds clock() const;

  uv_loop_t loop_{};
  uv_prepare_t polling_{};  // runs before each look at the sockets
  uv_check_t polled_{};     // and after it
  std::uint64_t polls_ = 0;
  std::optional<WindowWatch> window_watch_;
  InheritedSockets inherited_;
  std::vector<Listener*> listeners_;
  Waker waker_;
  LoopUse use_;
  std::atomic<std::thread::id> thread_{};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  bool finished_ = false;  // guarded by mutex_
};

}  // namespace persona::net
