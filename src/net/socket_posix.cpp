#include <sys/socket.h>
#include <unistd.h>

#include "persona/net/socket.hpp"

namespace persona::net {

void Socket::close() {
  if (valid()) {
    // Whatever close(2) returns, the descriptor is gone. Nothing was written that could be lost.
    static_cast<void>(::close(release()));
  }
}

void Socket::reset() {
  if (valid()) {
    const linger hard{1, 0};
    // Unix sockets have no RST: it is an ordinary close then.
    static_cast<void>(setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    close();
  }
}

}  // namespace persona::net
