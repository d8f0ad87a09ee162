#include "persona/net/descriptor_line.hpp"
#include "persona/net/switchboard.hpp"

namespace persona::net {

int send_with_descriptors(const Socket&, std::string_view, std::span<const uv_os_sock_t>) {
  return UV_ENOTSUP;
}

std::ptrdiff_t receive_with_descriptors(const Socket&, std::span<char>, std::deque<Socket>&) {
  return UV_ENOTSUP;
}

int connect_unix(const Endpoint&, Socket&, std::optional<Milliseconds>) {
  return UV_ENOTSUP;
}

bool wait_readable(const Socket&, Milliseconds) {
  return false;
}

Result<std::pair<Socket, Socket>> connected_pair() {
  return fail(ErrorKind::network, "there are no pairs of sockets on Windows");
}

}  // namespace persona::net
