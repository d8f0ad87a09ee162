// Makes text fit for the Event Log. Built on every platform, so that it is tested on each.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace persona::log {

/// UTF-16 units that ReportEventW takes in one string.
constexpr std::size_t kLongestEvent = 31'839;

/// `text`, which may have several lines, as well-formed UTF-8 of kLongestEvent at most; a longer text is cut,
/// and how much is missing is appended.
///
/// The Event Viewer treats a per cent sign before a digit, as in fe80::1%12 and in %20, as an insertion and
/// replaces both; there is no way to escape it, so a space is put between them.
std::string event_text(std::string_view text);

/// The same for a line of JSON, where the per cent sign can be written \u0025, so that nothing is altered.
std::string event_json(std::string_view line);

}  // namespace persona::log
