// A socket that listens, as the operating system has it. Platform: listening_socket_posix.cpp,
// listening_socket_windows.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

class ListeningSocket {
 public:
  /// Binds exclusively and listens. Blocks while a host name is resolved.
  static Result<ListeningSocket> open(const Endpoint& endpoint);

  uv_os_sock_t get() const { return socket_.get(); }

  /// Where it listens: the port the kernel chose when 0 was asked for.
  const Endpoint& local() const { return local_; }

  /// Takes one connection that waits. 0; UV_EAGAIN: none waits; UV_ECONNABORTED: it left before we came, ask
  /// again; else there is a want of descriptors or memory, and what waits goes on waiting.
  int accept(Socket& accepted, SocketAddress& peer) const;

  /// Removes the file of a Unix socket, if it is still ours: somebody may have removed it and bound another.
  void remove_file() const;

 private:
  ListeningSocket(Socket socket, Endpoint local) : socket_(std::move(socket)), local_(std::move(local)) {}

  Socket socket_;
  Endpoint local_;
  std::uint64_t inode_ = 0;  // of a Unix socket's file
};

/// The sentence for a libuv error code of binding or listening.
tl::unexpected<Error> cannot_listen(const Endpoint& endpoint, int uv_code);

/// An address to bind, from a host and a port; IPv4 is preferred. Blocks.
Result<SocketAddress> address_to_bind(const Endpoint& endpoint);

/// What the kernel bound `socket` to.
Endpoint bound_endpoint(const Socket& socket, const Endpoint& asked);

}  // namespace persona::net
