#include "overrides.hpp"

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/config/load.hpp"
#include "sandbox.hpp"

namespace persona::cli {

void Overrides::apply(config::Config& config, config::Report& report) const {
  config.log.level = log_level.value_or(config.log.level);
  config.log.format = log_format.value_or(config.log.format);
  if (confinement != nullptr) {
    check_confinement(*confinement, loads_modules, config, report);
  }
  if (!log_file) {
    return;
  }
  config.log.file = *log_file;
  config.log_file_mark = {};
  if (const auto problem = config::log_file_problem(path_from_text(*log_file))) {
    report.error({}, fmt::format("--log-file or PERSONA_LOG_FILE: {}", *problem));
  }
}

}  // namespace persona::cli
