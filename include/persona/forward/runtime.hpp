// Everything that runs in one process, loops, services and listeners, from start to drain and end.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/listener.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

class Worker;

/// Created and run by one thread, which becomes the main loop's; add(), drain() and cut() are for that thread
/// only.
class Runtime {
 public:
  struct Summary {
    std::size_t connections_cut = 0;  ///< those that did not end within timeouts.shutdown
    bool loops_closed = true;         ///< false: a handle leaked
  };

  /// `threads`: event loops; 0: one per core. `logger`: for lines about the process. `names`: how names are
  /// looked up.
  static Result<std::unique_ptr<Runtime>> create(unsigned threads, std::shared_ptr<log::Logger> logger,
                                                 net::Resolver::Options names = {});

  /// run() must have returned, or never have been called and nothing added.
  ~Runtime();

  /// The main loop, which accepts; also for signals and timers of the process. Handles that others put on it
  /// must be closed by the time that `drained` has been called.
  net::Loop& loop();

  /// Exists until run() returns.
  HandshakePool& pool() { return *pool_; }

  net::Resolver& resolver() { return *resolver_; }

  /// Binds the service's addresses, so an address in use is an error here. Returns where it listens.
  /// Connections wait in the backlog until run().
  Result<std::vector<Endpoint>> add(const std::shared_ptr<Service>& service);

  /// Runs until drained. `drained` is called on the main loop when the last connection has ended.
  Summary run(std::function<void()> drained);

  /// Stops listening. Connections continue until they end or their service's timeouts.shutdown has passed.
  /// Idempotent.
  void drain();

  /// After a reload with trust.on_revocation: cut, ends the connections of `service` whose peer has been
  /// revoked.
  void cut_revoked(const std::shared_ptr<Service>& service);

  /// Ends all connections that drain() still waits for.
  void cut();

  /// Closes the loops if run() will not be called. False: a handle leaked.
  [[nodiscard]] bool abandon();

 private:
  struct Entry {
    std::shared_ptr<Service> service;
    std::vector<net::HandlePtr<net::Listener>> listeners;
    net::HandlePtr<net::Timer> shutdown_timer;
  };

  Runtime(std::unique_ptr<HandshakePool> pool, std::unique_ptr<net::Resolver> resolver,
          std::vector<std::unique_ptr<Worker>> workers, std::shared_ptr<log::Logger> logger);
  void start_listening(Entry& entry);
  void worker_drained();
  std::size_t live() const;
  bool start_threads();
  bool close_loops();

  std::unique_ptr<HandshakePool> pool_;
  std::unique_ptr<net::Resolver> resolver_;
  std::vector<std::unique_ptr<Worker>> workers_;  // the first one has the main loop
  std::shared_ptr<log::Logger> logger_;
  std::vector<Entry> entries_;
  std::vector<std::thread> threads_;
  std::function<void()> drained_;
  std::size_t next_worker_ = 0;
  std::size_t workers_drained_ = 0;
  bool draining_ = false;
};

}  // namespace persona::forward
