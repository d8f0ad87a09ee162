#include "forward/max_age.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

TEST_CASE("ages differ by up to a tenth, of connections that were opened together too") {
  constexpr Milliseconds hour{3'600'000};
  constexpr int connections = 1000;
  int by_part[10] = {};  // of the tenth
  for (Places::Number number = 1; number <= connections; ++number) {
    const AgeLimit limit = age_limit(hour, number);
    REQUIRE(limit.orderly >= hour * 9 / 10);
    REQUIRE(limit.orderly <= hour);
    REQUIRE(limit.latest == limit.orderly + hour / 10);
    ++by_part[std::min<std::int64_t>((hour - limit.orderly) * 100 / hour, 9)];
  }
  for (const int of_part : by_part) {
    CHECK(of_part > connections / 20);
    CHECK(of_part < connections / 5);
  }
}

TEST_CASE("the shortest age has no tenth") {
  const AgeLimit limit = age_limit(Milliseconds(1), 7);
  CHECK(limit.orderly == Milliseconds(1));
  CHECK(limit.latest == Milliseconds(1));
}

TEST_CASE("a moment is quiet after a second, or less where ages are short") {
  CHECK(quiet_moment(Milliseconds(3'600'000)) == Milliseconds(1'000));
  CHECK(quiet_moment(Milliseconds(2'000)) == Milliseconds(100));
}
