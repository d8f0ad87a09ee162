// YAML text to a tree of nodes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "node.hpp"

namespace persona::config {

inline constexpr std::size_t kLargestFile = std::size_t{1} << 20;

/// Nothing when the text is not a single YAML document of reasonable size; the report then says why. Never
/// throws.
std::optional<Node> read_document(std::string_view text, Report& report);

}  // namespace persona::config
