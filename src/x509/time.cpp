#include "persona/x509/time.hpp"

#include <array>

#include <fmt/format.h>

namespace persona::x509 {

TimePoint now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::int64_t days_between(TimePoint now, TimePoint then) {
  return (then - now) / std::chrono::days(1);
}

std::string format_date(TimePoint time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string span_in_words(std::chrono::seconds span) {
  struct Unit {
    std::chrono::seconds size;
    const char* name;
  };
  constexpr std::array<Unit, 3> units{
      {{std::chrono::days(1), "day"}, {std::chrono::hours(1), "hour"}, {std::chrono::minutes(1), "minute"}}};
  for (const Unit& unit : units) {
    const auto count = span / unit.size;
    if (count > 0) {
      return fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
    }
  }
  return "less than a minute";
}

}  // namespace persona::x509
