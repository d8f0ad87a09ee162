#include "persona/x509/time.hpp"

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

}  // namespace persona::x509
