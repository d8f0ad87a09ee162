// `gateway.via`.
#pragma once

#include <filesystem>
#include <optional>

#include "value.hpp"

namespace persona::config {

/// A URL, or a map with it and a password's file. Nothing if it cannot be used, which is reported.
std::optional<Via> read_via(const Value& value, const std::filesystem::path& config_file);

}  // namespace persona::config
