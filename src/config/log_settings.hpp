// `log:`.
#pragma once

#include <filesystem>

#include "persona/base/log.hpp"
#include "value.hpp"

namespace persona::config {

/// A relative `file` is relative to the folder of `config_file`.
void read_log(const std::filesystem::path& config_file, Section section, log::Settings& settings);

}  // namespace persona::config
