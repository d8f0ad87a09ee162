// One conversation with an agent, by gRPC: SVIDs as they are pushed.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "persona/base/endpoint.hpp"
#include "persona/spiffe/messages.hpp"

namespace persona::workload {

/// How it ended.
struct Ending {
  bool had_update = false;  ///< at least one came
  std::string sentence;     ///< why, without an end
};

/// Blocks until the agent ends it. `pushed` is called with each update, in which there may be anything.
Ending fetch(const Endpoint& agent, const std::function<void(spiffe::Update)>& pushed);

}  // namespace persona::workload
