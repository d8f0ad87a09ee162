#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "listening_socket.hpp"
#include "persona/net/deputy.hpp"
#include "socket_options.hpp"
#include "unix_socket.hpp"

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

/// 0 or an errno. A confined process has the ports that it started with.
int bind_socket(const Socket& socket, const SocketAddress& address) {
  const bool v6 = address.get()->sa_family == AF_INET6;
  if (::bind(socket.get(), address.get(), v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) == 0) {
    return 0;
  }
  const int error = errno;
  return error == EACCES && deputy() != nullptr ? deputy()->bind_tcp(socket, address) : error;
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
      (v6 && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)) {
    return refused(endpoint, errno, uv_code);
  }
  if (const int error = bind_socket(socket, *address); error != 0) {
    return refused(endpoint, error, uv_code);
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    return refused(endpoint, errno, uv_code);
  }
  keep_urgent_data(socket.get());
  return socket;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const Endpoint& endpoint, const SocketFile& file,
                                              int& uv_code) {
  auto socket = endpoint.is_unix() ? listen_unix(endpoint, file, uv_code) : bind_tcp(endpoint, uv_code);
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
    if (local_.is_unix()) {
      const auto user = peer_user(accepted);
      peer = user ? SocketAddress::of_user(*user) : peer;
    }
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

}  // namespace persona::net
