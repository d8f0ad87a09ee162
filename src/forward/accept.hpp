// Stage 1, accepting: who may connect, how many at a time, and on which loop a connection will run.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/forward/service.hpp"
#include "worker.hpp"

namespace persona::forward {

/// Checks access and limits, then hands the socket to `worker`. A refused connection is reset and
/// logged. Called on the accepting loop, which is Counters::main_loop; `worker` may belong to another.
/// `relays`: `proxy_protocol.from` of the address; null: whoever connects is the client.
void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted,
            const std::vector<Cidr>* relays, Milliseconds now);

/// The same checks for a client that a load balancer has named: `place` becomes its. Returns why it is
/// refused. On the loop of `worker`.
std::optional<End> admit_relayed(Service& service, const Generation& generation,
                                 const net::SocketAddress& client, Places::Number place, Worker& worker);

/// Nothing can be accepted for want of descriptors or memory: strangers of `service` make room for as many as
/// a listener accepts at once.
void make_room(Service& service);

}  // namespace persona::forward
