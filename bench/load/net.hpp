// Loopback sockets, epoll and time for the load generator and the gateway. Whatever fails ends the program in
// words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <utility>
#include <vector>

namespace bench {

using Bytes = std::span<const std::uint8_t>;

constexpr int longest_wait = 30;  ///< seconds without any progress after which a measurement has failed

/// Prints "bench_load: MESSAGE" and exits with 1.
[[noreturn]] void fail(std::string_view message);

/// `result` of a system call; fails with errno's words if it is negative.
long checked(long result, std::string_view what);

std::int64_t now_ns();

/// This thread gives its core to every other one that wants it.
void yield_to_others();

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

/// A non-blocking listener on 127.0.0.1 and the port that the kernel chose.
std::pair<Fd, std::uint16_t> listen_somewhere();

/// A blocking connection to 127.0.0.1 without Nagle's delay; its reads give up after longest_wait.
Fd connect_to(std::uint16_t port);

void set_nonblocking(int fd);
void set_nodelay(int fd);

/// Writes everything to a blocking socket, or to one whose buffer is known to have the room.
void send_all(int fd, Bytes bytes);

/// Reads exactly `size` bytes from a blocking socket.
void receive_all(int fd, std::span<std::uint8_t> into);

class Epoll {
 public:
  Epoll();

  /// `what` comes back in epoll_event.data.ptr.
  void add(int fd, std::uint32_t events, void* what);
  void change(int fd, std::uint32_t events, void* what);
  void remove(int fd);

  /// Waits without limit, or up to `timeout_ns`. The result is valid until the next call.
  std::span<epoll_event> wait(std::int64_t timeout_ns = -1);

 private:
  Fd fd_;
  std::vector<epoll_event> events_;
};

}  // namespace bench
