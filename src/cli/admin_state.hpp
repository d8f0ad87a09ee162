// What runs, as administrators are told.
#pragma once

#include <memory>
#include <vector>

#include "persona/admin/report.hpp"
#include "persona/base/duration.hpp"
#include "persona/forward/runtime.hpp"
#include "persona/forward/service.hpp"
#include "sandbox.hpp"

namespace persona::cli {

/// On the main loop of `runtime`.
admin::State admin_state(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining,
                         forward::Runtime& runtime);

admin::SandboxState sandbox_state(const Sandbox& sandbox);

}  // namespace persona::cli
