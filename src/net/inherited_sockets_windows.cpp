#include "persona/net/inherited_sockets.hpp"

namespace persona::net {

InheritedSocket examine(Socket socket, Endpoint asked) {
  return {std::move(socket), std::move(asked), {}, "Windows passes no sockets to programs"};
}

Result<InheritedSockets> InheritedSockets::from_systemd() {
  return InheritedSockets();
}

bool can_inherit_sockets() {
  return false;
}

}  // namespace persona::net
