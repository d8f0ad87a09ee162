// The operating system's part of a Listener. Platform: listening_socket_posix.cpp,
// listening_socket_windows.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/socket_file.hpp"

namespace persona::net {

class ListeningSocket {
 public:
  /// Binds exclusively and listens. The host is numeric. `file`: of a Unix socket. `uv_code`: why the system
  /// refused, if it did.
  static Result<ListeningSocket> open(const Endpoint& endpoint, const SocketFile& file, int& uv_code);

  /// One that listens already, at `local`. `inode`: of its file; 0: that is not ours.
  ListeningSocket(Socket socket, Endpoint local, std::uint64_t inode = 0)
      : socket_(std::move(socket)), local_(std::move(local)), inode_(inode) {}

  uv_os_sock_t get() const { return socket_.get(); }

  /// Where it listens, with the port that the kernel chose if 0 was asked for.
  const Endpoint& local() const { return local_; }

  /// Accepts one waiting connection. 0: done. UV_EAGAIN: none is waiting. UV_ECONNABORTED: the client has
  /// left already, try again. Other codes: out of descriptors or memory, and the connection keeps waiting.
  int accept(Socket& accepted, SocketAddress& peer) const;

  /// 0: there is none, or it is not ours.
  std::uint64_t inode() const { return inode_; }

  /// Removes the file of a Unix socket if it is still ours: another program may have replaced it by its own.
  void remove_file() const;

  /// Renames the file of a Unix socket over whatever is at the path of `to`.
  Result<void> move_file(const Endpoint& to);

 private:
  Socket socket_;
  Endpoint local_;
  std::uint64_t inode_ = 0;  // of the Unix socket's file
};

/// The sentence for a libuv error code from binding or listening.
tl::unexpected<Error> cannot_listen(const Endpoint& endpoint, int uv_code);

/// `endpoint` once for each address of its host, with the address for the name. Refuses a localhost that
/// other machines can reach. Blocks.
Result<std::vector<Endpoint>> addresses_to_bind(const Endpoint& endpoint);

/// `asked`, with the address and port that the kernel bound `socket` to.
Endpoint bound_endpoint(const Socket& socket, const Endpoint& asked);

}  // namespace persona::net
