// Stage 1, accepting: who may connect, how many at a time, and on which loop a connection will run.
#pragma once

#include <memory>

#include "persona/base/duration.hpp"
#include "persona/forward/service.hpp"
#include "worker.hpp"

namespace persona::forward {

/// Checks access and limits, then hands the socket to `worker`. A refused connection is reset and
/// logged. Called on the accepting loop; `worker` may belong to another.
void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted, Milliseconds now);

/// Nothing can be accepted for want of descriptors or memory: strangers of `service` make room for as many as
/// a listener accepts at once.
void make_room(Service& service);

}  // namespace persona::forward
