#include "persona/base/duration.hpp"

#include <doctest/doctest.h>

using persona::format_duration;
using persona::Milliseconds;
using persona::parse_duration;

namespace {

std::string error_of(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration ? "none" : duration.error().message;
}

}  // namespace

TEST_CASE("durations carry one of five units") {
  CHECK(parse_duration("250ms").value() == Milliseconds(250));
  CHECK(parse_duration("10s").value() == Milliseconds(10'000));
  CHECK(parse_duration("5m").value() == Milliseconds(300'000));
  CHECK(parse_duration("12h").value() == Milliseconds(43'200'000));
  CHECK(parse_duration("2d").value() == Milliseconds(172'800'000));
  CHECK(parse_duration("0s").value() == Milliseconds(0));
  CHECK(parse_duration("3650d").value() == std::chrono::hours(24 * 3650));
}

TEST_CASE("a duration without a unit, or with a strange one, is refused with an example") {
  CHECK(error_of("10") == "\"10\" has no unit; write 10s, or use ms, m, h or d");
  CHECK(error_of("0") == "\"0\" has no unit; write 0s, or use ms, m, h or d");
  CHECK(error_of("ten") == "\"ten\" is not a duration; write one like 250ms, 10s, 5m or 12h");
  CHECK(error_of("") == "\"\" is not a duration; write one like 250ms, 10s, 5m or 12h");
  CHECK(error_of("-1s") == "\"-1s\" is not a duration; write one like 250ms, 10s, 5m or 12h");
  CHECK(error_of("1.5s") == "\"1.5s\" is not a whole number with one of the units ms, s, m, h, d");
  CHECK(error_of("10 s") == "\"10 s\" is not a whole number with one of the units ms, s, m, h, d");
  CHECK(error_of("10S") == "\"10S\" is not a whole number with one of the units ms, s, m, h, d");
}

TEST_CASE("a duration too long to compute with is refused") {
  CHECK(error_of("3651d") == "\"3651d\" is longer than 3650d");
  CHECK(error_of("99999999999999999999ms") == "\"99999999999999999999ms\" is longer than 3650d");
  CHECK(error_of("9223372036854775807h") == "\"9223372036854775807h\" is longer than 3650d");
}

TEST_CASE("a duration prints in the largest unit that is exact") {
  CHECK(format_duration(Milliseconds(90'000)) == "90s");
  CHECK(format_duration(Milliseconds(0)) == "0s");
  CHECK(format_duration(Milliseconds(1)) == "1ms");
  CHECK(format_duration(Milliseconds(60'000)) == "1m");
  CHECK(format_duration(Milliseconds(86'400'000)) == "1d");
  CHECK(format_duration(Milliseconds(1'500)) == "1500ms");
}
