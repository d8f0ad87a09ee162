// Sizes as people write them: 512B, 64KiB, 10MiB, 1GiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

/// Parses a whole number with one of the units B, KiB, MiB, GiB into bytes. At most 1024GiB, so that
/// arithmetic on it is safe.
Result<std::uint64_t> parse_size(std::string_view text);

/// The shortest exact form in the same notation: 65536 is "64KiB", 0 is "0B".
std::string format_size(std::uint64_t bytes);

}  // namespace persona
