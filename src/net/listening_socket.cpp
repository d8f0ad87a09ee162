#include "listening_socket.hpp"

#include "persona/base/sockets.hpp"
#include "persona/net/error.hpp"

namespace persona::net {

tl::unexpected<Error> cannot_listen(const Endpoint& endpoint, int uv_code) {
  const std::string_view hint = uv_code == UV_EADDRINUSE      ? "; another program listens there"
                                : uv_code == UV_EADDRNOTAVAIL ? "; this machine does not have this address"
                                                              : "";
  return fail(ErrorKind::configuration, "cannot listen on {}: {}{}", endpoint.to_string(),
              error_words(uv_code), hint);
}

Result<SocketAddress> address_to_bind(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (int code = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &list); code != 0) {
    return fail(ErrorKind::configuration, "cannot listen on {}: {}", endpoint.to_string(),
                gai_strerror(code));
  }
  const addrinfo* chosen = list;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      chosen = entry;
      break;
    }
  }
  const SocketAddress address(chosen->ai_addr);
  freeaddrinfo(list);
  return address;
}

Endpoint bound_endpoint(const Socket& socket, const Endpoint& asked) {
  Endpoint local = asked;
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0) {
    const SocketAddress address(reinterpret_cast<const sockaddr*>(&bound));
    local.host = address.ip() ? address.ip()->to_string() : asked.host;
    local.port = address.port();
  }
  return local;
}

}  // namespace persona::net
