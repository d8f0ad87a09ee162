// The live connections as a table for people.
#pragma once

#include <cstdint>
#include <string>

#include "persona/admin/sessions.hpp"

namespace persona::cli {

/// A line for each, under a line of headings; columns are as wide as what is in them. What comes from outside
/// is made printable.
std::string session_table(const admin::SessionList& list);

/// "0 B", "999 B", "1.2 kB", "34 MB": powers of 1000.
std::string bytes_in_units(std::uint64_t bytes);

/// "12s", "3m20s", "5h2m", "2d4h".
std::string age_in_units(std::int64_t milliseconds);

}  // namespace persona::cli
