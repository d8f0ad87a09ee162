// Points in time as in certificates: whole seconds of the wall clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace persona::x509 {

using TimePoint = std::chrono::sys_seconds;

TimePoint now();

/// Days from `now` to `then`, rounded towards zero.
std::int64_t days_between(TimePoint now, TimePoint then);

/// "2026-11-21"
std::string format_date(TimePoint time);

/// "3 days", "1 hour", "less than a minute"
std::string span_in_words(std::chrono::seconds span);

}  // namespace persona::x509
