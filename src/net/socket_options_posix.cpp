#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "socket_options.hpp"

namespace persona::net {

void set_reset_on_close(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  const linger hard{1, 0};
  if (uv_fileno(&handle, &descriptor) == 0) {
    // A socket that is no longer connected may refuse; then there is nothing to reset.
    static_cast<void>(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  }
}

int take_pending_error(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  int error = 0;
  socklen_t length = sizeof error;
  if (uv_fileno(&handle, &descriptor) != 0 ||
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
    return 0;
  }
  return uv_translate_sys_error(error);
}

void keep_urgent_data(uv_os_sock_t socket) {
  const int on = 1;
  // Refused by Unix sockets of systems where these have no urgent data.
  static_cast<void>(setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
}

void keep_urgent_data(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(&handle, &descriptor) == 0) {
    keep_urgent_data(descriptor);
  }
}

int look_behind_end(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  char byte = 0;
  if (uv_fileno(&handle, &descriptor) != 0) {
    return 0;
  }
  const ssize_t count = recv(descriptor, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
  if (count >= 0) {
    return count > 0 ? 1 : 0;
  }
  return errno == EAGAIN || errno == EINTR ? 0 : uv_translate_sys_error(errno);
}

#ifdef TCP_USER_TIMEOUT

void set_user_timeout(const uv_handle_t& handle, Milliseconds timeout) {
  uv_os_fd_t descriptor = -1;
  const auto value = static_cast<unsigned>(timeout.count());
  if (uv_fileno(&handle, &descriptor) == 0) {
    // Fails only for what is no TCP socket.
    static_cast<void>(setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value));
  }
}

Delivery delivery_of(const uv_handle_t& handle, Milliseconds patience) {
  uv_os_fd_t descriptor = -1;
  tcp_info info{};
  socklen_t length = sizeof info;
  if (unacknowledged(handle) == 0 || uv_fileno(&handle, &descriptor) != 0 ||
      getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || info.tcpi_unacked > 0) {
    return Delivery::going;
  }
  // Nothing is on its way although something waits: the window is closed. An answer to a probe sets their
  // number back to 0 (tcp_ack_probe of Linux).
  return info.tcpi_probes >= 2 && Milliseconds(info.tcpi_last_ack_recv) >= patience ? Delivery::silent
                                                                                    : Delivery::waiting;
}

#else

void set_user_timeout(const uv_handle_t&, Milliseconds) {}

Delivery delivery_of(const uv_handle_t&, Milliseconds) {
  return Delivery::going;
}

#endif

std::size_t unacknowledged(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  int count = 0;
  // TIOCOUTQ is the same as SIOCOUTQ (tcp(7), unix(7)).
  if (uv_fileno(&handle, &descriptor) != 0 || ioctl(descriptor, TIOCOUTQ, &count) != 0 || count < 0) {
    return 0;
  }
  return static_cast<std::size_t>(count);
}

}  // namespace persona::net
