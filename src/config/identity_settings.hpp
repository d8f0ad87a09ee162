// `identity:`, and what an agent has `keys` of.
#pragma once

#include <filesystem>

#include "value.hpp"

namespace persona::config {

/// Paths are relative to the folder of `config_file`.
void read_identity(Section section, const std::filesystem::path& config_file, Identity& identity);

}  // namespace persona::config
