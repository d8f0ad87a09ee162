// A connected or listening socket that does not belong to a loop yet: the accepting loop hands it to a
// worker's.
#pragma once

#include <utility>

#include <uv.h>

namespace persona::net {

/// Owns the descriptor. It may be moved to another thread. Platform: net/socket_posix.cpp,
/// net/socket_windows.cpp.
class Socket {
 public:
  Socket() = default;
  explicit Socket(uv_os_sock_t descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, none)) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, none);
    }
    return *this;
  }
  ~Socket() { close(); }

  bool valid() const { return descriptor_ != none; }
  uv_os_sock_t get() const { return descriptor_; }
  uv_os_sock_t release() { return std::exchange(descriptor_, none); }

  void close();
  /// Closes with RST if the protocol has it (Unix sockets do not).
  void reset();

 private:
  static constexpr uv_os_sock_t none = static_cast<uv_os_sock_t>(-1);
  uv_os_sock_t descriptor_ = none;
};

}  // namespace persona::net
