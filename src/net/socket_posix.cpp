#include <sys/socket.h>
#include <unistd.h>

#include "persona/net/socket.hpp"

namespace persona::net {

void Socket::close() {
  if (valid()) {
    // The descriptor is gone whatever close(2) returns, and nothing was written that could be lost.
    static_cast<void>(::close(release()));
  }
}

void Socket::reset() {
  if (valid()) {
    const linger hard{1, 0};
    // Refused by Unix sockets, which have no RST: then it is a plain close.
    static_cast<void>(setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    close();
  }
}

}  // namespace persona::net
