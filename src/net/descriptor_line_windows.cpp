#include "persona/net/descriptor_line.hpp"

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

}  // namespace persona::net
