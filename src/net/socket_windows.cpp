#include <winsock2.h>

#include "persona/net/socket.hpp"

namespace persona::net {

void Socket::close() {
  if (valid()) {
    // Nothing was written that could be lost.
    static_cast<void>(closesocket(release()));
  }
}

void Socket::reset() {
  if (valid()) {
    const linger hard{1, 0};
    // A socket that is no longer connected may refuse: it is an ordinary close then.
    static_cast<void>(
        setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&hard), sizeof hard));
    close();
  }
}

}  // namespace persona::net
