// One event loop and its connections.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "persona/forward/places.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/stream.hpp"
#include "scratch.hpp"

namespace persona::forward {

class Connection;
class HandshakePool;
class Generation;
class Service;

/// A newly accepted socket and where it came from.
struct Accepted {
  net::Socket socket;
  net::SocketAddress client;
  net::Stream::Kind kind = net::Stream::Kind::tcp;
  Places::Number place = 0;  ///< once it has one
};

/// Loop's thread only, unless stated otherwise.
class Worker {
 public:
  /// `pool` and `resolver` must outlive the worker.
  static Result<std::unique_ptr<Worker>> create(HandshakePool& pool, net::Resolver& resolver);
  ~Worker();

  net::Loop& loop() { return *loop_; }
  HandshakePool& pool() { return pool_; }
  net::Resolver& resolver() { return resolver_; }

  /// Any thread: makes a connection, which has its place already.
  void adopt(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
             Accepted accepted);

  /// Any thread: ends the connection that has this place, if it is still there and not verified.
  void drop_stranger(Places::Number place, const End& why);

  /// Any thread: `drained` is called on this loop's thread once the last connection has ended. No new ones
  /// may follow.
  void drain(std::function<void()> drained);

  /// Any thread: ends every connection of `service` (null: of all services) with reason `shutdown`.
  void cut(std::shared_ptr<const Service> service);

  /// Any thread: ends every connection of `service` whose peer was accepted by a certificate that a CRL of
  /// `generation`, which is current now, revokes.
  void cut_revoked(std::shared_ptr<const Service> service, std::shared_ptr<const Generation> generation);

  /// How many connections cut() has ended. To be read after the loop has ended.
  std::size_t connections_cut() const { return connections_cut_; }

  /// Called by a Connection when its last handle has closed.
  void release(Connection& connection);

  /// Shared by all connections of the loop.
  Scratch& scratch() { return scratch_; }

 private:
  Worker(std::unique_ptr<net::Loop> loop, HandshakePool& pool, net::Resolver& resolver);
  void open_connection(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
                       Accepted accepted);
  void check_drained();

  std::unique_ptr<net::Loop> loop_;
  HandshakePool& pool_;
  net::Resolver& resolver_;
  std::unordered_map<Places::Number, std::unique_ptr<Connection>> connections_;
  std::function<void()> drained_;
  std::size_t connections_cut_ = 0;
  Scratch scratch_;
};

}  // namespace persona::forward
