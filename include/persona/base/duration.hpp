// Durations as people write them: 250ms, 10s, 5m, 12h.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

using Milliseconds = std::chrono::milliseconds;

/// Parses a whole number with one of the units ms, s, m, h, d. At most ten years, so that arithmetic on it is
/// safe.
Result<Milliseconds> parse_duration(std::string_view text);

/// The shortest exact form in the same notation: 90000 ms is "90s", 0 is "0s".
std::string format_duration(Milliseconds duration);

}  // namespace persona
