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
