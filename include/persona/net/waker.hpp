// Wakes a loop from another thread.
//
// uv_async_send() would do, but for threads of lower priority than the loop's: the loop preempts them within
// the call, and then spins until they have left it (uv__async_spin, libuv's src/unix/async.c) - for as long
// as the scheduler keeps it in front of them. So on POSIX it is a descriptor of our own. On Windows the call
// only posts to the loop's completion port. Platform: net/waker_posix.cpp, net/waker_windows.cpp.
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

  /// Loop's thread. `woken` is called on it, once for one or more wake(). 0 or a libuv error code.
  int open(uv_loop_t* loop, Woken woken, void* context);

  /// Any thread, while the object lives; after close() it does nothing.
  void wake();

  /// Loop's thread: lets the loop end. The object must live until it has.
  void close();

 private:
  struct Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace persona::net
