// TCP peers that are there, but take no more data: TCP_USER_TIMEOUT alone would end their connections
// (tcp(7)), as if they had vanished.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <uv.h>

#include "persona/base/duration.hpp"

namespace persona::net {

/// Looks at the sockets of one loop now and then, at a part of them each time: all at once would keep
/// thousands of connections waiting. While a peer's window is closed but its kernel answers, the socket has
/// no user timeout; as soon as data moves, or the peer falls silent, it has again. Loop's thread only.
class WindowWatch {
 public:
  /// One socket, until it is destroyed; that must be before its handle is closed.
  class Watched {
   public:
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    friend class WindowWatch;
    Watched(WindowWatch& watch, const uv_handle_t& handle, Milliseconds user_timeout);
    void look();

    WindowWatch& watch_;
    const uv_handle_t& handle_;
    const Milliseconds user_timeout_;
    std::size_t index_;      // in WindowWatch::watched_
    unsigned patience_ = 0;  // for so many looks it has no user timeout
  };

  explicit WindowWatch(uv_loop_t* loop);
  WindowWatch(const WindowWatch&) = delete;
  WindowWatch& operator=(const WindowWatch&) = delete;

  /// `user_timeout`: what the socket has been given.
  std::unique_ptr<Watched> watch(const uv_handle_t& handle, Milliseconds user_timeout);

  /// Before the loop ends, when nothing is watched any more.
  void close();

 private:
  void look_at_some();

  uv_timer_t timer_{};
  Milliseconds interval_;  // between two looks at one socket
  std::vector<Watched*> watched_;
  std::size_t next_ = 0;  // of them
  std::size_t owed_ = 0;  // looks, in parts of one
};

}  // namespace persona::net
