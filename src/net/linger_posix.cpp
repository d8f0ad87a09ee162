#include <sys/socket.h>

#include "linger.hpp"

namespace persona::net {

void set_reset_on_close(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = -1;
  const linger hard{1, 0};
  if (uv_fileno(&handle, &descriptor) == 0) {
    // A socket that is no longer connected may refuse; it has nothing left to reset.
    static_cast<void>(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  }
}

}  // namespace persona::net
