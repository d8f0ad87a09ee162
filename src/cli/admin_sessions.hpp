// /sessions and /sessions/close: which connections are live, and an order to end some.
#pragma once

#include <memory>
#include <vector>

#include "persona/admin/server.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/forward/service.hpp"

namespace persona::cli {

/// False, and no reply: the request is about something else. The reply comes when each loop has told what it
/// has. Main loop; `runtime` runs.
bool answer_about_sessions(forward::Runtime& runtime,
                           const std::vector<std::shared_ptr<forward::Service>>& services,
                           const admin::Request& request, admin::Server::Reply reply);

}  // namespace persona::cli
