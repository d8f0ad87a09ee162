// From a file to the map that its configuration is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "node.hpp"

namespace persona::config {

/// The text of a file, up to a little more than may be parsed. Nothing: the report says why.
std::optional<std::string> read_text(const std::filesystem::path& file, Report& report);

/// The map at the root of `text`, which is that of `file`; `report` becomes one about it. Nothing: the report
/// says why. `smallest`: "listen and keys", what the smallest file has.
std::optional<Node> read_root(const std::filesystem::path& file, std::string_view text,
                              std::string_view smallest, Report& report);

}  // namespace persona::config
