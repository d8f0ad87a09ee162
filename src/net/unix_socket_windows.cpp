#include "unix_socket.hpp"

namespace persona::net {

Result<Socket> listen_unix(const Endpoint& endpoint, const SocketFile&, int&) {
  return fail(ErrorKind::configuration, "cannot listen on {}: Windows has no Unix sockets for this",
              endpoint.to_string());
}

Result<void> renew_access(const Endpoint&, const SocketFile&, int&) {
  return {};
}

std::uint64_t inode_of(const std::string&) {
  return 0;
}

void remove_file_of_inode(const std::string&, std::uint64_t) {}

Result<void> check_socket_folder(const Endpoint& endpoint) {
  if (endpoint.is_unix()) {
    return fail(ErrorKind::configuration, "Windows has no Unix sockets for this; listen on 127.0.0.1:PORT");
  }
  return {};
}

}  // namespace persona::net
