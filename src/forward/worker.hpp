// One event loop and its connections.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "persona/forward/live_connections.hpp"
#include "persona/forward/places.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"
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
  std::string refusal{};     ///< not empty: it is only told that a limit is reached
  bool relayed = false;      ///< a PROXY header comes first, and tells who the client is
};

/// Loop's thread only, unless stated otherwise.
class Worker {
 public:
  /// `number`: of the loop, see Counters. `pool` and `resolver` must outlive the worker.
  static Result<std::unique_ptr<Worker>> create(std::size_t number, HandshakePool& pool,
                                                net::Resolver& resolver);
  ~Worker();

  std::size_t number() const { return number_; }
  net::Loop& loop() { return *loop_; }
  HandshakePool& pool() { return pool_; }
  net::Resolver& resolver() { return resolver_; }

  /// Any thread: connections that it was given and that have not been freed.
  std::size_t given() const { return given_.load(std::memory_order_relaxed); }

  /// Any thread: makes a connection, which has its place already.
  void adopt(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
             Accepted accepted);

  /// Any thread: ends the connection that has this place, if it is still there and not verified.
  void drop_stranger(Places::Number place, const End& why);

  /// Any thread: `drained` is called on this loop's thread once the last connection has ended. No new ones
  /// may follow.
  void drain(std::function<void()> drained);

  /// The same for the connections of one service, which exists until then.
  void drain(const Service& service, std::function<void()> drained);

  /// No new connections follow. Loop's thread.
  bool is_draining() const { return drained_ != nullptr; }

  /// Any thread: ends every connection of `service` (null: of all services) with reason `shutdown`.
  /// `why`: for the log, a literal.
  void cut(std::shared_ptr<const Service> service, const char* why);

  /// Any thread: ends every connection of `service` whose peer was accepted by a certificate that a CRL of
  /// `generation`, which is current now, revokes.
  void cut_revoked(std::shared_ptr<const Service> service, std::shared_ptr<const Generation> generation);

  /// Any thread: lists the connections that are meant. `done` is called on this loop's thread, unless the
  /// loop ends before; it may be destroyed on another one.
  void list(std::shared_ptr<const Selection> selection, std::function<void(Listing)> done);

  /// Any thread: ends the connections that are meant for the reason `why`. `done`, as above, gets their
  /// number.
  void end(std::shared_ptr<const Selection> selection, End why, std::function<void(std::size_t)> done);

  /// How many connections cut() has ended. To be read after the loop has ended.
  std::size_t connections_cut() const { return connections_cut_; }

  /// Called by a Connection when its last handle has closed.
  void release(Connection& connection);

  /// Shared by all connections of the loop.
  Scratch& scratch() { return scratch_; }

 private:
  Worker(std::size_t number, std::unique_ptr<net::Loop> loop, HandshakePool& pool, net::Resolver& resolver);
  void open_connection(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
                       Accepted accepted);
  void check_drained();
  void look_at_ages(Milliseconds when);
  void end_old();
  void released(const Service* service);

  struct Leaving {
    std::size_t connections = 0;
    std::function<void()> drained;
  };

  const std::size_t number_;
  std::unique_ptr<net::Loop> loop_;
  HandshakePool& pool_;
  net::Resolver& resolver_;
  std::atomic<std::size_t> given_{0};  // those that wait for their turn on the loop included
  std::unordered_map<Places::Number, std::unique_ptr<Connection>> connections_;
  net::HandlePtr<net::Timer> age_timer_;  // for all connections that limits.max_age ends; null: there is none
  std::optional<Milliseconds> next_look_;  // when it rings, by the loop's clock
  std::function<void()> drained_;
  std::map<const Service*, Leaving> leaving_;  // services that were removed; their connections keep them
  std::size_t connections_cut_ = 0;
  Scratch scratch_;
};

}  // namespace persona::forward
