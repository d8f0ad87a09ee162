#include "persona/forward/runtime.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "accept.hpp"
#include "worker.hpp"

namespace persona::forward {

namespace {

constexpr unsigned most_handshake_threads = 16;  // as many as loops, up to this

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::create(unsigned threads, std::shared_ptr<log::Logger> logger,
                                                 net::Resolver::Options names) {
  const unsigned count = threads == 0 ? std::max(1U, uv_available_parallelism()) : threads;
  auto pool = std::make_unique<HandshakePool>(std::min(count, most_handshake_threads));
  auto resolver = std::make_unique<net::Resolver>(std::move(names));
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < count; ++i) {
    auto worker = Worker::create(*pool, *resolver);
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
  Entry entry;
  entry.service = service;
  std::vector<Endpoint> bound;
  const auto generation = service->current();
  for (const auto& endpoint : generation->config().listen) {
    auto listeners = net::Listener::bind_all(loop(), endpoint.value, bound);
    if (!listeners) {
      return tl::unexpected(listeners.error());
    }
    for (auto& listener : *listeners) {
      bound.push_back(listener->local());
      entry.listeners.push_back(std::move(listener));
    }
  }
  entries_.push_back(std::move(entry));
  return bound;
}

void Runtime::start_listening(Entry& entry) {
  for (auto& listener : entry.listeners) {
    const auto kind = listener->local().is_unix() ? net::Stream::Kind::unix_socket : net::Stream::Kind::tcp;
    const std::string where = listener->local().to_string();
    net::Listener::Events events;
    events.accepted = [this, kind, service = entry.service](net::Socket socket, net::SocketAddress client) {
      Worker& worker = *workers_[next_worker_];
      next_worker_ = (next_worker_ + 1) % workers_.size();
      accept(service, worker, {std::move(socket), client, kind}, net::now(loop()));
    };
    events.resting = [this, where, service = entry.service](const std::string& why, Milliseconds rest) {
      service->failures().report(fmt::format("cannot accept on {}: {}; connections wait", where, why),
                                 {{"retry_ms", rest.count()}}, net::now(loop()));
      make_room(*service);
    };
    listener->start(std::move(events));
  }
}

Runtime::Summary Runtime::run(std::function<void()> drained) {
  drained_ = std::move(drained);
  Summary summary;
  summary.loops_closed = start_threads();
  for (auto& entry : entries_) {
    start_listening(entry);
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
  for (auto& entry : entries_) {
    entry.listeners.clear();
    const Milliseconds patience = entry.service->current()->config().timeouts.shutdown;
    if (patience.count() > 0) {
      entry.shutdown_timer = net::Timer::create(loop(), nullptr);
      entry.shutdown_timer->start(patience, [this, service = entry.service] {
        for (auto& worker : workers_) {
          worker->cut(service);
        }
      });
    }
  }
  // Posted tasks run in order, so a socket that was handed to a worker earlier is adopted before it drains.
  for (auto& worker : workers_) {
    worker->drain([this] { loop().post([this] { worker_drained(); }); });
  }
}

void Runtime::cut() {
  for (auto& worker : workers_) {
    worker->cut(nullptr);
  }
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
    entry.listeners.clear();
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
