// A listening socket: bound once; one loop accepts its connections.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/socket_file.hpp"

namespace persona::net {

class ListeningSocket;

class Listener {
 public:
  /// At most, so that a burst does not starve the loop's other work.
  static constexpr int accepts_per_wake = 64;

  struct Events {
    std::function<void(Socket, SocketAddress)> accepted;
    /// Accepting pauses for `rest`, because descriptors or memory have run out. Connections wait in the
    /// backlog meanwhile.
    std::function<void(const std::string& why, Milliseconds rest)> resting;
  };

  /// Binds and listens, so an address in use is an error here, with a sentence. The host is numeric. Replaces
  /// a stale Unix socket file, but not one that a program still serves; the new one is as `file` says before
  /// anybody can connect.
  static Result<HandlePtr<Listener>> bind(Loop& loop, const Endpoint& endpoint, const SocketFile& file = {});

  /// `endpoint` once for each address of its host, which may be a name (localhost is 127.0.0.1 and ::1).
  /// Resolving blocks; any thread.
  static Result<std::vector<Endpoint>> addresses_of(const Endpoint& endpoint);

  /// The same at each of `addresses` of one host, on one port. Those that this machine lacks are left out if
  /// it has one (IPv6 may be switched off), and so are those in `bound`, which the caller listens on already.
  static Result<std::vector<HandlePtr<Listener>>> bind_each(Loop& loop,
                                                            const std::vector<Endpoint>& addresses,
                                                            const std::vector<Endpoint>& bound = {},
                                                            const SocketFile& file = {});

  /// At every address of the host. Blocks, so only at start-up. systemd:NAME is what systemd has passed under
  /// that name (Loop::inherited), each only once; that does not block.
  static Result<std::vector<HandlePtr<Listener>>> bind_all(Loop& loop, const Endpoint& endpoint,
                                                           const std::vector<Endpoint>& bound = {},
                                                           const SocketFile& file = {});

  /// Where it listens, with the port that the kernel chose if 0 was asked for.
  const Endpoint& local() const { return local_; }

  /// What it was told to listen on, with an address for a name.
  const Endpoint& asked() const { return asked_; }

  /// For whom it is passed to. It stays ours.
  uv_os_sock_t socket() const;

  /// The inode of a Unix socket's file, which is removed when this closes; 0: there is none, or it is not
  /// ours.
  std::uint64_t file() const;

  /// `left`: whoever the socket was passed to removes the file.
  void leave_file(bool left);

  /// Loop's thread, or before the loop runs.
  void start(Events events);

  /// Accepts all that waits in the backlog, which the close would reset. Nothing before start().
  void accept_waiting();

  /// Of a Unix socket: from now on it is at the path of `to`, in the same folder. A socket that was there
  /// loses its name, and nobody who connects meets neither.
  Result<void> move_file(const Endpoint& to);

  struct Impl;

 private:
  friend struct CloseDeleter;
  Listener() = default;
  ~Listener();
  void close();
  static Result<HandlePtr<Listener>> bind(Loop& loop, const Endpoint& endpoint, const SocketFile& file,
                                          int& uv_code);
  static Result<HandlePtr<Listener>> serve(Loop& loop, const Endpoint& endpoint, ListeningSocket socket);
  static Result<HandlePtr<Listener>> inherit(Loop& loop, const Endpoint& endpoint, const SocketFile& file,
                                             InheritedSocket given, int& uv_code);
  static Result<std::vector<HandlePtr<Listener>>> adopt_all(Loop& loop, const Endpoint& endpoint);

  Endpoint local_;
  Endpoint asked_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persona::net
