// Everything that runs in one process, loops, services and listeners, from start to drain and end.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/forward/dealing.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/listen_plan.hpp"
#include "persona/forward/live_connections.hpp"
#include "persona/forward/reason.hpp"
#include "persona/forward/service.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

struct Listening;
class ListeningSet;
class Worker;

/// Created and run by one thread, which becomes the main loop's; all that follows create() is for that thread
/// only. Services come, listen elsewhere and go before run() and while it runs.
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
  /// Connections wait in the backlog until run(). Blocks while names are resolved, so only before run().
  Result<std::vector<Endpoint>> add(const std::shared_ptr<Service>& service);

  /// The same where `plan` says. What another service has listened on that was removed just before is taken
  /// over, so that nobody is refused.
  Result<ListenChange> add(const std::shared_ptr<Service>& service, const ListenPlan& plan);

  /// From now on the service listens where `plan` says. What it listens on already is kept, and new addresses
  /// are bound before old ones are closed; when one cannot be, nothing changes. Those who wait at an old one
  /// are accepted with the generation that is current now.
  Result<ListenChange> listen(const std::shared_ptr<Service>& service, const ListenPlan& plan);

  /// Stops listening for it. Its connections continue until they end or its timeouts.shutdown has passed;
  /// then `gone` is called. During run().
  void remove(const std::shared_ptr<Service>& service, std::function<void()> gone);

  /// Runs until drained. `drained` is called on the main loop when the last connection has ended.
  Summary run(std::function<void()> drained);

  /// Stops listening. Connections continue until they end or their service's timeouts.shutdown has passed.
  /// Idempotent.
  void drain();

  /// After a reload with trust.on_revocation: cut, ends the connections of `service` whose peer has been
  /// revoked.
  void cut_revoked(const std::shared_ptr<Service>& service);

  /// Calls `all_here` on the main loop once every loop has run a task; never, when one hangs. While run()
  /// runs.
  void ask_loops(const std::function<void()>& all_here);

  /// Of each loop, the main loop first. During run().
  std::vector<LoopLoad> loads();

  /// Ends all connections that drain() still waits for.
  void cut();

  /// Asks each loop for its connections that are meant, while run() runs. `done` is called on the main loop,
  /// not from within, unless the runtime ends before; it may be destroyed on another loop's thread.
  void list(Selection selection, std::function<void(Listing)> done);

  /// The same to end them for the reason `why`: `done` gets their number.
  void end(Selection selection, const End& why, std::function<void(std::size_t)> done);

  /// Closes the loops if run() will not be called. False: a handle leaked.
  [[nodiscard]] bool abandon();

 private:
  struct Entry {
    std::shared_ptr<Service> service;
    std::unique_ptr<ListeningSet> listening;
    net::HandlePtr<net::Timer> shutdown_timer;
    std::function<void()> gone;       // once it is removed
    std::size_t workers_with_it = 0;  // once it is removed: those that have not told of their last
  };

  Runtime(std::unique_ptr<HandshakePool> pool, std::unique_ptr<net::Resolver> resolver,
          std::vector<std::unique_ptr<Worker>> workers, std::shared_ptr<log::Logger> logger);
  Result<ListenChange> listen(Entry& entry, const ListenPlan& plan);
  Error explained(const Error& error, const Entry& entry, const ListenPlan& plan) const;
  void start(Listening& listening, const std::shared_ptr<Service>& service);
  Worker& next_worker();
  void start_shutdown_timer(Entry& entry, const char* why);
  void worker_left(const Service* service);
  void worker_drained();
  std::size_t live() const;
  bool start_threads();
  bool close_loops();

  std::unique_ptr<HandshakePool> pool_;
  std::unique_ptr<net::Resolver> resolver_;
  std::vector<std::unique_ptr<Worker>> workers_;  // the first one has the main loop
  std::shared_ptr<log::Logger> logger_;
  std::list<Entry> entries_;
  std::vector<Listening> released_;  // of services removed just now; closed in the next turn of the loop
  std::vector<std::thread> threads_;
  std::function<void()> drained_;
  Dealing dealing_;
  std::size_t workers_drained_ = 0;
  bool running_ = false;
  bool draining_ = false;
};

}  // namespace persona::forward
