// What runs, as administrators are told.
#pragma once

#include <memory>
#include <vector>

#include "persona/admin/report.hpp"
#include "persona/base/duration.hpp"
#include "persona/forward/service.hpp"

namespace persona::cli {

/// `now`: of the loops' clock.
admin::State admin_state(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining,
                         Milliseconds now);

}  // namespace persona::cli
