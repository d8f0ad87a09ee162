#include "session_table.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "persona/base/text.hpp"

namespace persona::cli {

namespace {

using Row = std::array<std::string, 9>;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

Row row_of(const admin::SessionState& session) {
  return {std::to_string(session.id),
          or_dash(session.service),
          or_dash(session.client),
          or_dash(session.target),
          or_dash(session.peer),
          or_dash(session.state),
          age_in_units(session.age_ms),
          bytes_in_units(session.bytes_up),
          bytes_in_units(session.bytes_down)};
}

}  // namespace

std::string bytes_in_units(std::uint64_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
  constexpr std::uint64_t step = 1000;
  std::uint64_t divisor = 1;
  std::size_t unit = 0;
  while (bytes / divisor >= step && unit + 1 < units.size()) {
    divisor *= step;
    ++unit;
  }
  const std::uint64_t whole = bytes / divisor;
  if (unit == 0 || whole >= 10) {
    return fmt::format("{} {}", whole, units[unit]);
  }
  return fmt::format("{}.{} {}", whole, bytes % divisor / (divisor / 10), units[unit]);
}

std::string age_in_units(std::int64_t milliseconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  const std::int64_t seconds = std::max<std::int64_t>(milliseconds, 0) / 1000;
  if (seconds >= day) {
    return fmt::format("{}d{}h", seconds / day, seconds % day / hour);
  }
  if (seconds >= hour) {
    return fmt::format("{}h{}m", seconds / hour, seconds % hour / minute);
  }
  return seconds >= minute ? fmt::format("{}m{}s", seconds / minute, seconds % minute)
                           : fmt::format("{}s", seconds);
}

std::string session_table(const admin::SessionList& list) {
  std::vector<Row> rows{{"ID", "SERVICE", "CLIENT", "TARGET", "PEER", "STATE", "AGE", "UP", "DOWN"}};
  for (const admin::SessionState& session : list.sessions) {
    rows.push_back(row_of(session));
  }
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], utf8_length(row[i]));
    }
  }
  std::string table;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_last = i + 1 == row.size();
      table += row[i] + (is_last ? "\n" : std::string(widths[i] + 2 - utf8_length(row[i]), ' '));
    }
  }
  if (list.more > 0) {
    table += fmt::format("and {} more: --service shows those of one service\n", list.more);
  }
  return table;
}

}  // namespace persona::cli
