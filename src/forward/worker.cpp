#include "worker.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "max_age.hpp"

namespace persona::forward {

Result<std::unique_ptr<Worker>> Worker::create(std::size_t number, HandshakePool& pool,
                                               net::Resolver& resolver) {
  auto loop = net::Loop::create();
  if (!loop) {
    return tl::unexpected(loop.error());
  }
  return std::unique_ptr<Worker>(new Worker(number, std::move(*loop), pool, resolver));
}

Worker::Worker(std::size_t number, std::unique_ptr<net::Loop> loop, HandshakePool& pool,
               net::Resolver& resolver)
    : number_(number), loop_(std::move(loop)), pool_(pool), resolver_(resolver) {}

Worker::~Worker() = default;

void Worker::adopt(std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation,
                   Accepted accepted) {
  given_.fetch_add(1, std::memory_order_relaxed);
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
  if (const Milliseconds max_age = generation->config().limits.max_age; max_age.count() > 0) {
    look_at_ages(net::precise_now() + age_limit(max_age, accepted.place).orderly);
  }
  auto owned = std::make_unique<Connection>(*this, std::move(service), std::move(generation), accepted);
  Connection& connection = *owned;
  connections_.emplace(connection.place(), std::move(owned));
  connection.start(std::move(accepted));
}

void Worker::release(Connection& connection) {
  const Service* service = &connection.service();
  connections_.erase(connection.place());
  given_.fetch_sub(1, std::memory_order_relaxed);
  if (connections_.empty()) {
    age_timer_.reset();
    next_look_.reset();
  }
  released(service);
  check_drained();
}

void Worker::look_at_ages(Milliseconds when) {
  if (next_look_ && *next_look_ <= when) {
    return;
  }
  next_look_ = when;
  if (!age_timer_) {
    age_timer_ = net::Timer::create(*loop_, nullptr);
  }
  age_timer_->start(std::max(when - net::now(*loop_), Milliseconds(0)), [this] { end_old(); });
}

// All are looked at, so that none has to have a timer.
void Worker::end_old() {
  constexpr Milliseconds between_looks{1'000};
  next_look_.reset();
  std::optional<Milliseconds> next;
  for (auto& [place, connection] : connections_) {  // see cut()
    const auto when = connection->end_if_old();
    if (when && (!next || *when < *next)) {
      next = when;
    }
  }
  if (next) {
    look_at_ages(std::max(*next, net::now(*loop_) + between_looks));
  }
}

void Worker::released(const Service* service) {
  const auto leaving = leaving_.find(service);
  if (leaving != leaving_.end() && --leaving->second.connections == 0) {
    const auto drained = std::move(leaving->second.drained);
    leaving_.erase(leaving);
    drained();
  }
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
    for (auto& [place, connection] : connections_) {
      connection->hurry();
    }
    check_drained();
  });
}

void Worker::drain(const Service& service, std::function<void()> drained) {
  loop_->post([this, leaving_service = &service, drained = std::move(drained)] {
    Leaving leaving{0, drained};
    for (auto& [place, connection] : connections_) {
      if (leaving_service == &connection->service()) {
        ++leaving.connections;
        connection->hurry();
      }
    }
    if (leaving.connections == 0) {
      drained();
    } else {
      leaving_.emplace(leaving_service, std::move(leaving));
    }
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

void Worker::cut(std::shared_ptr<const Service> service, const char* why) {
  loop_->post([this, service = std::move(service), why] {
    // A connection leaves the map only in a later callback (its handles' close callbacks), so closing while
    // iterating is safe.
    for (auto& [place, connection] : connections_) {
      const bool meant = !service || service.get() == &connection->service();
      if (meant && connection->close({Reason::shutdown, why})) {
        ++connections_cut_;
      }
    }
  });
}

}  // namespace persona::forward
