// Everything that runs in one process: loops, services, listeners; start, drain, end.
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

/// Built and run by one thread, which becomes that of the main loop; add(), drain() and cut() belong to it.
class Runtime {
 public:
  struct Summary {
    std::size_t connections_cut = 0;  ///< did not end by themselves within timeouts.shutdown
    bool loops_closed = true;         ///< false: a handle leaked
  };

  /// `threads`: event loops; 0: one per core. `logger` gets the lines of the process.
  /// `names`: how names are looked up.
  static Result<std::unique_ptr<Runtime>> create(unsigned threads, std::shared_ptr<log::Logger> logger,
                                                 net::Resolver::Options names = {});

  /// run() must have returned, or not have been called with nothing added.
  ~Runtime();

  /// The loop that accepts, for signals and the like. Its other handles must be let go when `drained` is
  /// called.
  net::Loop& loop();

  /// Lives until run() returns.
  HandshakePool& pool() { return *pool_; }

  net::Resolver& resolver() { return *resolver_; }

  /// Binds the service's addresses: an address in use is an error here. Returns where it listens. Connections
  /// wait in the backlog until run().
  Result<std::vector<Endpoint>> add(const std::shared_ptr<Service>& service);

  /// Runs until drained. `drained` is called on the main loop when the last connection has ended.
  Summary run(std::function<void()> drained);

  /// Stops listening; connections go on until they end or their service's timeouts.shutdown passes.
  /// Idempotent.
  void drain();

  /// Ends what drain() waits for.
  void cut();

  /// Closes the loops of a runtime that will not run(). False: a handle leaked.
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
  std::vector<std::unique_ptr<Worker>> workers_;  // the first is the main loop's
  std::shared_ptr<log::Logger> logger_;
  std::vector<Entry> entries_;
  std::vector<std::thread> threads_;
  std::function<void()> drained_;
  std::size_t next_worker_ = 0;
  std::size_t workers_drained_ = 0;
  bool draining_ = false;
};

}  // namespace persona::forward
