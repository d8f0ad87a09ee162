#include "persona/base/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "persona/base/text.hpp"

namespace persona {

namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<TimeUnit, 5> time_units = {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};
constexpr std::int64_t longest = 3650 * time_units[0].milliseconds;

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const std::string_view unit_name = text.substr(digits.size());
  if (digits.empty()) {
    return fail(ErrorKind::configuration, "{} is not a duration; write one like 250ms, 10s, 5m or 12h",
                in_quotes(text));
  }
  if (unit_name.empty()) {
    return fail(ErrorKind::configuration, "{} has no unit; write {}s, or use ms, m, h or d", in_quotes(text),
                digits);
  }
  for (const TimeUnit& unit : time_units) {
    if (unit_name != unit.name) {
      continue;
    }
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || count > longest / unit.milliseconds) {
      return fail(ErrorKind::configuration, "{} is longer than 3650d", in_quotes(text));
    }
    return Milliseconds(count * unit.milliseconds);
  }
  return fail(ErrorKind::configuration, "{} is not a whole number with one of the units ms, s, m, h, d",
              in_quotes(text));
}

std::string format_duration(Milliseconds duration) {
  if (duration == Milliseconds::zero()) {
    return "0s";
  }
  for (const TimeUnit& unit : time_units) {
    if (duration.count() % unit.milliseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.name);
    }
  }
  return {};  // not reached: every count is a multiple of 1 ms
}

}  // namespace persona
