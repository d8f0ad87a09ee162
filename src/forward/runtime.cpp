#include "persona/forward/runtime.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "accept.hpp"
#include "listening.hpp"
#include "persona/net/roll_call.hpp"
#include "worker.hpp"

namespace persona::forward {

namespace {

constexpr unsigned most_handshake_threads = 16;  // as many as loops, up to this
constexpr const char* shutting_down = "persona is shutting down";

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::create(unsigned threads, std::shared_ptr<log::Logger> logger,
                                                 net::Resolver::Options names) {
  const unsigned count = threads == 0 ? std::max(1U, uv_available_parallelism()) : threads;
  auto pool = std::make_unique<HandshakePool>(std::min(count, most_handshake_threads));
  auto resolver = std::make_unique<net::Resolver>(std::move(names));
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < count; ++i) {
    auto worker = Worker::create(i, *pool, *resolver);
    if (!worker) {
      return tl::unexpected(worker.error());
    }
    workers.push_back(std::move(*worker));
  }
  return std::unique_ptr<Runtime>(
      new Runtime(std::move(pool), std::move(resolver), std::move(workers), std::move(logger)));
}

Runtime::Runtime(std::unique_ptr<HandshakePool> pool, std::unique_ptr<net::Resolver> resolver,
                 std::vector<std::unique_ptr<Worker>> workers, std::shared_ptr<log::Logger> logger)
    : pool_(std::move(pool)),
      resolver_(std::move(resolver)),
      workers_(std::move(workers)),
      logger_(std::move(logger)) {}

Runtime::~Runtime() = default;

net::Loop& Runtime::loop() {
  return workers_.front()->loop();
}

Result<std::vector<Endpoint>> Runtime::add(const std::shared_ptr<Service>& service) {
  const auto plan = plan_listening(service->current()->config());
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  auto change = add(service, *plan);
  if (!change) {
    return tl::unexpected(change.error());
  }
  return std::move(change->opened);
}

Result<ListenChange> Runtime::add(const std::shared_ptr<Service>& service, const ListenPlan& plan) {
  service->counters().provide(workers_.size());
  Entry& entry = entries_.emplace_back();
  entry.service = service;
  entry.listening = std::make_unique<ListeningSet>();
  auto change = listen(entry, plan);
  if (!change) {
    entries_.pop_back();
  }
  return change;
}

Result<ListenChange> Runtime::listen(const std::shared_ptr<Service>& service, const ListenPlan& plan) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& each) { return each.service == service; });
  if (entry == entries_.end() || draining_) {
    return ListenChange();  // it has gone, or will not listen again
  }
  return listen(*entry, plan);
}

Result<ListenChange> Runtime::listen(Entry& entry, const ListenPlan& plan) {
  auto change = entry.listening->change(loop(), plan, released_, [&](Listening& listening) {
    if (running_) {
      start(listening, entry.service);
    }
  });
  if (!change) {
    return tl::unexpected(explained(change.error(), entry, plan));
  }
  return change;
}

/// Tells when it is not another program that has the address.
Error Runtime::explained(const Error& error, const Entry& entry, const ListenPlan& plan) const {
  for (const ListenPlan::Item& item : plan.items) {
    for (const Endpoint& address : item.addresses) {
      for (const Entry& other : entries_) {
        if (!other.listening->occupies(address)) {
          continue;
        }
        if (&other != &entry) {
          return {error.kind, fmt::format("cannot listen on {}: the service {} of this process listens there",
                                          item.listen.value.to_string(), other.service->name())};
        }
        if (error.message.starts_with(fmt::format("cannot listen on {}:", address.to_string()))) {
          return {error.kind,
                  fmt::format("cannot listen on {}: this service has another address of this port "
                              "now, which is in the way; this change needs a restart",
                              address.to_string())};
        }
      }
    }
  }
  return error;
}

void Runtime::start(Listening& listening, const std::shared_ptr<Service>& service) {
  const Endpoint& local = listening.listener->local();
  const auto kind = local.is_unix() ? net::Stream::Kind::unix_socket : net::Stream::Kind::tcp;
  const std::string where = local.to_string();
  const auto relays = listening.as.relays ? std::make_shared<const std::vector<Cidr>>(*listening.as.relays)
                                          : nullptr;  // its `proxy_protocol.from`; null: none
  net::Listener::Events events;
  events.accepted = [this, kind, relays, service](net::Socket socket, net::SocketAddress client) {
    accept(service, next_worker(), {std::move(socket), client, kind}, relays.get(), net::now(loop()));
  };
  events.resting = [this, where, service](const std::string& why, Milliseconds rest) {
    service->failures().report(fmt::format("cannot accept on {}: {}; connections wait", where, why),
                               {{"retry_ms", rest.count()}}, net::now(loop()));
    make_room(*service);
  };
  listening.listener->start(std::move(events));
}

// However a socket has come to listen (bound, passed by systemd or a predecessor), and whatever its kind.
Worker& Runtime::next_worker() {
  return *workers_[dealing_.next(loads())];
}

std::vector<LoopLoad> Runtime::loads() {
  const Milliseconds now = net::now(loop());
  std::vector<LoopLoad> loads;
  loads.reserve(workers_.size());
  for (const auto& worker : workers_) {
    loads.push_back({worker->given(), worker->loop().busy(now)});
  }
  return loads;
}

void Runtime::start_shutdown_timer(Entry& entry, const char* why) {
  const Milliseconds patience = entry.service->current()->config().timeouts.shutdown;
  if (patience.count() > 0) {
    entry.shutdown_timer = net::Timer::create(loop(), nullptr);
    entry.shutdown_timer->start(patience, [this, service = entry.service, why] {
      for (auto& worker : workers_) {
        worker->cut(service, why);
      }
    });
  }
}

void Runtime::remove(const std::shared_ptr<Service>& service, std::function<void()> gone) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& each) { return each.service == service; });
  if (entry == entries_.end() || entry->gone || draining_) {
    return;
  }
  for (Listening& each : entry->listening->release()) {
    released_.push_back(std::move(each));
  }
  entry->gone = std::move(gone);
  entry->workers_with_it = workers_.size();
  start_shutdown_timer(*entry, "its service was removed from persona's configuration");
  loop().post([this, leaving = service.get()] {  // the entry keeps it until all have told
    released_.clear();
    // As in drain(): what was handed to a worker earlier is adopted before it counts.
    for (auto& worker : workers_) {
      worker->drain(*leaving, [this, leaving] { loop().post([this, leaving] { worker_left(leaving); }); });
    }
  });
}

void Runtime::worker_left(const Service* service) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& each) { return each.service.get() == service; });
  if (entry == entries_.end() || --entry->workers_with_it > 0) {
    return;
  }
  const auto gone = std::move(entry->gone);
  entries_.erase(entry);
  gone();
}

Runtime::Summary Runtime::run(std::function<void()> drained) {
  drained_ = std::move(drained);
  Summary summary;
  summary.loops_closed = start_threads();
  running_ = true;
  for (auto& entry : entries_) {
    entry.listening->start_all([&](Listening& listening) { start(listening, entry.service); });
  }
  loop().run();
  for (auto& thread : threads_) {
    thread.join();
  }
  pool_.reset();  // before the loops are closed: its threads may still be in a call to one
  for (const auto& worker : workers_) {
    summary.connections_cut += worker->connections_cut();
  }
  summary.loops_closed = close_loops() && summary.loops_closed;
  return summary;
}

// If the system grants too few threads, there are fewer loops.
bool Runtime::start_threads() {
  try {
    while (threads_.size() + 1 < workers_.size()) {
      threads_.emplace_back([worker = workers_[threads_.size() + 1].get()] { worker->loop().run(); });
    }
  } catch (const std::system_error& error) {
    logger_->warn(fmt::format("cannot start all event loops: {}", error.what()),
                  {{"loops", threads_.size() + 1}});
  }
  bool closed = true;
  while (workers_.size() > threads_.size() + 1) {
    workers_.back()->loop().finish();
    workers_.back()->loop().run();
    closed = workers_.back()->loop().close() && closed;
    workers_.pop_back();
  }
  return closed;
}

std::size_t Runtime::live() const {
  std::size_t count = 0;
  for (const auto& entry : entries_) {
    count += entry.service->live();
  }
  return count;
}

void Runtime::drain() {
  if (std::exchange(draining_, true)) {
    return;
  }
  logger_->info("draining", {{"connections", live()}});
  released_.clear();
  for (auto& entry : entries_) {
    entry.listening->close();
    if (!entry.gone) {
      start_shutdown_timer(entry, shutting_down);
    }
  }
  // Posted tasks run in order, so a socket that was handed to a worker earlier is adopted before it drains.
  for (auto& worker : workers_) {
    worker->drain([this] { loop().post([this] { worker_drained(); }); });
  }
}

void Runtime::cut() {
  for (auto& worker : workers_) {
    worker->cut(nullptr, shutting_down);
  }
}

void Runtime::ask_loops(const std::function<void()>& all_here) {
  std::vector<net::Loop*> loops;
  for (const auto& worker : workers_) {
    loops.push_back(&worker->loop());
  }
  net::roll_call(loop(), loops, all_here);
}

void Runtime::cut_revoked(const std::shared_ptr<Service>& service) {
  const auto generation = service->current();
  const tls::ContextOptions& options = generation->tls()->options();
  if (!options.keep_peer_paths || !options.trust) {
    return;
  }
  for (auto& worker : workers_) {
    worker->cut_revoked(service, generation);
  }
}

void Runtime::worker_drained() {
  if (++workers_drained_ < workers_.size()) {
    return;
  }
  for (auto& entry : entries_) {
    entry.shutdown_timer.reset();
  }
  if (drained_) {
    drained_();
  }
  for (auto& worker : workers_) {
    worker->loop().post([&worker] { worker->loop().finish(); });
  }
}

bool Runtime::abandon() {
  for (auto& entry : entries_) {
    entry.listening->close();
  }
  for (auto& worker : workers_) {
    worker->loop().finish();
    worker->loop().run();
  }
  return close_loops();
}

bool Runtime::close_loops() {
  bool all = true;
  for (auto& worker : workers_) {
    all = worker->loop().close() && all;
  }
  return all;
}

}  // namespace persona::forward
