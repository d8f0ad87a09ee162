#include "persona/agent/rate_limit.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::agent;
using Verdict = RateLimit::Verdict;

TEST_CASE("each user has as many as a second grants, and the first refusal is told") {
  RateLimit limit;
  const Milliseconds start{1'000'000};
  for (int i = 0; i < 10; ++i) {
    CHECK(limit.take(1, 10, start) == Verdict::granted);
  }
  CHECK(limit.take(1, 10, start) == Verdict::first_refused);
  CHECK(limit.take(1, 10, start) == Verdict::refused);
  CHECK(limit.take(2, 10, start) == Verdict::granted);  // has its own
  CHECK(limit.take(1, 10, start + Milliseconds(99)) == Verdict::refused);
  CHECK(limit.take(1, 10, start + Milliseconds(100)) == Verdict::granted);
  CHECK(limit.take(1, 10, start + Milliseconds(100)) == Verdict::first_refused);
}

TEST_CASE("what was not used is not saved up") {
  RateLimit limit;
  const Milliseconds start{0};
  CHECK(limit.take(1, 3, start) == Verdict::granted);
  const Milliseconds later = start + Milliseconds(1'000'000'000);
  for (int i = 0; i < 3; ++i) {
    CHECK(limit.take(1, 3, later) == Verdict::granted);
  }
  CHECK(limit.take(1, 3, later) == Verdict::first_refused);
  CHECK(limit.take(1, 3, start) == Verdict::refused);  // a clock that goes back
}
