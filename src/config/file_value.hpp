// Values that name files.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "value.hpp"

namespace persona::config {

/// What `text` means in a configuration file: relative paths are relative to its folder.
std::filesystem::path resolve(const std::filesystem::path& config_file, std::string_view text);

/// An existing file. What is in it is looked at by a later stage.
std::optional<Located<std::filesystem::path>> read_file(const std::filesystem::path& config_file,
                                                        const Value& value);

/// One or a list of them.
std::vector<Located<std::filesystem::path>> read_files(const std::filesystem::path& config_file,
                                                       const Value& value);

}  // namespace persona::config
