#include "worker.hpp"

#include <utility>
#include <vector>

#include "connection.hpp"

namespace persona::forward {

Result<std::unique_ptr<Worker>> Worker::create(HandshakePool& pool, net::Resolver& resolver) {
  auto loop = net::Loop::create();
  if (!loop) {
    return tl::unexpected(loop.error());
  }
  return std::unique_ptr<Worker>(new Worker(std::move(*loop), pool, resolver));
}

Worker::Worker(std::unique_ptr<net::Loop> loop, HandshakePool& pool, net::Resolver& resolver)
    : loop_(std::move(loop)), pool_(pool), resolver_(resolver) {}

Worker::~Worker() = default;

void Worker::adopt(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
                   Accepted accepted) {
  if (loop_->on_thread()) {
    open_connection(std::move(service), std::move(generation), std::move(accepted));
    return;
  }
  // Shared, because std::function requires its target to be copyable.
  auto socket = std::make_shared<Accepted>(std::move(accepted));
  loop_->post([this, service = std::move(service), generation = std::move(generation), socket] {
    open_connection(service, generation, std::move(*socket));
  });
}

void Worker::open_connection(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
                             Accepted accepted) {
  loop_->assert_here();
  auto owned = std::make_unique<Connection>(*this, std::move(service), std::move(generation), accepted);
  Connection& connection = *owned;
  connections_.emplace(connection.place(), std::move(owned));
  connection.start(std::move(accepted));
}

void Worker::release(Connection& connection) {
  connections_.erase(connection.place());
  check_drained();
}

void Worker::drop_stranger(Places::Number place, const End& why) {
  loop_->post([this, place, why] {
    if (const auto found = connections_.find(place); found != connections_.end()) {
      found->second->drop_stranger(why);
    }
  });
}

void Worker::drain(std::function<void()> drained) {
  loop_->post([this, drained = std::move(drained)] {
    drained_ = drained;
    check_drained();
  });
}

void Worker::check_drained() {
  if (drained_ && connections_.empty()) {
    std::exchange(drained_, nullptr)();
  }
}

void Worker::cut_revoked(std::shared_ptr<const Service> service,
                         std::shared_ptr<const Generation> generation) {
  loop_->post([this, service = std::move(service), generation = std::move(generation)] {
    const tls::ContextOptions& options = generation->tls()->options();
    trust::RevocationSweep sweep(options.trust, tls::peer_of(options.role));
    for (auto& [place, connection] : connections_) {
      if (service.get() == &connection->service()) {
        connection->close_if_revoked(sweep);
      }
    }
  });
}

void Worker::cut(std::shared_ptr<const Service> service) {
  loop_->post([this, service = std::move(service)] {
    // A connection leaves the map only in a later callback (its handles' close callbacks), so closing while
    // iterating is safe.
    for (auto& [place, connection] : connections_) {
      const bool meant = !service || service.get() == &connection->service();
      if (meant && connection->close({Reason::shutdown, "persona is shutting down"})) {
        ++connections_cut_;
      }
    }
  });
}

}  // namespace persona::forward
