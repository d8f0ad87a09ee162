#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "listening_socket.hpp"
#include "socket_options.hpp"

namespace persona::net {

namespace {

tl::unexpected<Error> refused(const Endpoint& endpoint, int error, int& uv_code) {
  uv_code = uv_translate_sys_error(error);
  auto sentence = cannot_listen(endpoint, uv_code);
  if (error == EACCES) {
    sentence.value().message += "; ports below 1024 need a privilege";
  }
  return sentence;
}

Socket new_socket(int family) {
  return Socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<Socket> bind_tcp(const Endpoint& endpoint, int& uv_code) {
  const auto address = SocketAddress::from_numeric(endpoint.host, endpoint.port);
  if (!address) {
    return refused(endpoint, EINVAL, uv_code);
  }
  const sockaddr* where = address->get();
  Socket socket = new_socket(where->sa_family);
  // SO_REUSEADDR: connections of an earlier process in TIME_WAIT must not block a restart. IPV6_V6ONLY: else
  // [::] would take the IPv4 port too, and 0.0.0.0 could not be listed next to it.
  const int on = 1;
  const bool v6 = where->sa_family == AF_INET6;
  if (!socket.valid() || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (v6 && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
      ::bind(socket.get(), where, v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return refused(endpoint, errno, uv_code);
  }
  keep_urgent_data(socket.get());
  return socket;
}

/// Removes a socket file that no program serves any more: connect(2) is refused.
Result<void> remove_stale(const Endpoint& endpoint, const sockaddr_un& address, int& uv_code) {
  struct stat status {};
  if (lstat(endpoint.path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorKind::configuration, "cannot listen on {}: the file exists and is not a socket",
                endpoint.to_string());
  }
  const Socket probe = new_socket(AF_UNIX);
  if (probe.valid() &&
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED) {
    if (unlink(endpoint.path.c_str()) != 0) {
      return refused(endpoint, errno, uv_code);
    }
    return {};
  }
  return refused(endpoint, EADDRINUSE, uv_code);
}

Result<Socket> bind_unix(const Endpoint& endpoint, int& uv_code) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof address.sun_path) {
    return refused(endpoint, ENAMETOOLONG, uv_code);
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  if (auto removed = remove_stale(endpoint, address, uv_code); !removed) {
    return tl::unexpected(removed.error());
  }
  Socket socket = new_socket(AF_UNIX);
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return refused(endpoint, errno, uv_code);
  }
  return socket;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const Endpoint& endpoint, int& uv_code) {
  auto socket = endpoint.is_unix() ? bind_unix(endpoint, uv_code) : bind_tcp(endpoint, uv_code);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  Endpoint local = endpoint.is_unix() ? endpoint : bound_endpoint(*socket, endpoint);
  ListeningSocket listening(std::move(*socket), std::move(local));
  listening.inode_ = endpoint.is_unix() ? inode_of(endpoint.path) : 0;
  return listening;
}

int ListeningSocket::accept(Socket& accepted, SocketAddress& peer) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  accepted = Socket(
      accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.valid()) {
    peer = SocketAddress(reinterpret_cast<const sockaddr*>(&address));
    return 0;
  }
  switch (errno) {
    case EINTR:
    case ECONNABORTED:  // accept(2) also names the network errors below
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return UV_ECONNABORTED;
    default:  // EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN
      return uv_translate_sys_error(errno);
  }
}

void ListeningSocket::remove_file() const {
  if (local_.is_unix() && inode_ != 0 && inode_of(local_.path) == inode_) {
    static_cast<void>(unlink(local_.path.c_str()));  // it may be gone already
  }
}

}  // namespace persona::net
