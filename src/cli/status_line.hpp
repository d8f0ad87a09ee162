// How `persona run` is, in one line: what `systemctl status` shows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "persona/forward/service.hpp"

namespace persona::cli {

std::string status_line(const std::vector<std::shared_ptr<forward::Service>>& services, bool draining);

}  // namespace persona::cli
