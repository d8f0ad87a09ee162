// What is written to standard error besides the log.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/log.hpp"

namespace persona::log {

/// `text`, whole lines: where journald reads standard error, each with the prefix that tells it their level
/// (sd-daemon(3)).
std::string for_standard_error(Level level, std::string_view text);

}  // namespace persona::log
