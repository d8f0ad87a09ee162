// Stage 1, the way in: who may connect, how many at once, and on which loop a connection will live.
#pragma once

#include <memory>

#include "persona/base/duration.hpp"
#include "persona/forward/service.hpp"
#include "worker.hpp"

namespace persona::forward {

/// Checks access and limits.connections, then hands the socket to `worker`; a refused one is reset and
/// logged. Called on the accepting loop; `worker` may be of another.
void accept(const std::shared_ptr<Service>& service, Worker& worker, Accepted accepted, Milliseconds now);

}  // namespace persona::forward
