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

namespace persona::net {

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
  /// a stale Unix socket file, but not one that a program still serves.
  static Result<HandlePtr<Listener>> bind(Loop& loop, const Endpoint& endpoint);

  /// The same at every address of the host, which may be a name (localhost is 127.0.0.1 and ::1), on one
  /// port. Addresses that this machine lacks are left out if it has one (IPv6 may be switched off), and so
  /// are those in `bound`, which the caller listens on already. Resolving blocks, so only at start-up.
  static Result<std::vector<HandlePtr<Listener>>> bind_all(Loop& loop, const Endpoint& endpoint,
                                                           const std::vector<Endpoint>& bound = {});

  /// Where it listens, with the port that the kernel chose if 0 was asked for.
  const Endpoint& local() const { return local_; }

  /// Loop's thread, or before the loop runs.
  void start(Events events);

  struct Impl;

 private:
  friend struct CloseDeleter;
  Listener() = default;
  ~Listener();
  void close();
  static Result<HandlePtr<Listener>> bind(Loop& loop, const Endpoint& endpoint, int& uv_code);

  Endpoint local_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persona::net
