#include <winsock2.h>
// after winsock2.h
#include <ws2tcpip.h>

#include "listening_socket.hpp"
#include "socket_options.hpp"
#include "unix_socket.hpp"

namespace persona::net {

namespace {

int last_error() {
  return uv_translate_sys_error(WSAGetLastError());
}

template <class Value>
bool set(const Socket& socket, int level, int option, const Value& value) {
  return setsockopt(socket.get(), level, option, reinterpret_cast<const char*>(&value), sizeof value) == 0;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const Endpoint& endpoint, const SocketFile& file,
                                              int& uv_code) {
  if (endpoint.is_unix()) {
    auto socket = listen_unix(endpoint, file, uv_code);  // never succeeds
    return tl::unexpected(socket.error());
  }
  const auto address = SocketAddress::from_numeric(endpoint.host, endpoint.port);
  if (!address) {
    uv_code = UV_EINVAL;
    return cannot_listen(endpoint, uv_code);
  }
  const sockaddr* where = address->get();
  const bool v6 = where->sa_family == AF_INET6;
  Socket socket(WSASocketW(where->sa_family, SOCK_STREAM, IPPROTO_TCP, nullptr, 0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT));
  const BOOL on = TRUE;
  const DWORD v6_only = 1;
  u_long non_blocking = 1;
  // On Windows another program that sets SO_REUSEADDR could bind the same port and take our connections.
  // SO_EXCLUSIVEADDRUSE prevents that.
  if (!socket.valid() || !set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, on) ||
      (v6 && !set(socket, IPPROTO_IPV6, IPV6_V6ONLY, v6_only)) ||
      ioctlsocket(socket.get(), static_cast<long>(FIONBIO), &non_blocking) != 0 ||
      ::bind(socket.get(), where, v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    // WSAEACCES: another program has bound the port exclusively, or it is in a range that the system reserves
    // (netsh int ipv4 show excludedportrange).
    const int error = last_error();
    uv_code = error == UV_EACCES ? UV_EADDRINUSE : error;
    return cannot_listen(endpoint, uv_code);
  }
  keep_urgent_data(socket.get());
  Endpoint local = bound_endpoint(socket, endpoint);
  return ListeningSocket(std::move(socket), std::move(local));
}

int ListeningSocket::accept(Socket& accepted, SocketAddress& peer) const {
  sockaddr_storage address{};
  int length = sizeof address;
  accepted = Socket(::accept(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length));
  if (accepted.valid()) {
    peer = SocketAddress(reinterpret_cast<const sockaddr*>(&address));
    return 0;
  }
  const int error = last_error();
  // The client reset the connection before it was accepted; Wine reports that as the second code.
  return error == UV_ECONNRESET || error == UV_ENOTCONN ? UV_ECONNABORTED : error;
}

}  // namespace persona::net
