// Wakes a loop from another thread.
//
// uv_async_send() would do, if it were not for threads of lower priority than the loop's. The loop can
// preempt such a thread within the call, and then spins until the thread has left it (uv__async_spin, libuv's
// src/unix/async.c), which may be as long as the scheduler prefers the loop. So on POSIX we use a descriptor
// of our own. On Windows the call only posts to the loop's completion port. Platform: net/waker_posix.cpp,
// net/waker_windows.cpp.
#pragma once

#include <memory>

#include <uv.h>

namespace persona::net {

class Waker {
 public:
  using Woken = void (*)(void* context);

  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Loop's thread. `woken` is called on it, once for one or more calls of wake(). Returns 0 or a libuv error
  /// code.
  int open(uv_loop_t* loop, Woken woken, void* context);

  /// Any thread, while the object exists; after close() it has no effect.
  void wake();

  /// Loop's thread: lets the loop end. The object must exist until it has.
  void close();

 private:
  struct Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace persona::net
