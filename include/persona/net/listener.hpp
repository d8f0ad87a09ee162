// A listening socket: bound once, accepted from on one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

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
  struct Events {
    std::function<void(Socket, SocketAddress)> accepted;
    /// Accepting rests for a while, for want of descriptors or memory; the connections wait in the backlog
    /// meanwhile.
    std::function<void(const std::string& why, Milliseconds rest)> resting;
  };

  /// Binds and listens at once, so that an address in use is an error here, with a sentence. A host name is
  /// resolved, IPv4 preferred (this blocks: start-up only). A stale Unix socket file is replaced, one that
  /// answers is not.
  static Result<HandlePtr<Listener>> bind(Loop& loop, const Endpoint& endpoint);

  /// Where it listens: the port the kernel chose when 0 was asked for.
  const Endpoint& local() const { return local_; }

  /// Loop's thread, or before the loop runs.
  void start(Events events);

  struct Impl;

 private:
  friend struct CloseDeleter;
  Listener() = default;
  ~Listener();
  void close();

  Endpoint local_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persona::net
