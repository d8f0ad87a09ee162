#include "persona/forward/targets.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

namespace {

std::vector<Endpoint> three() {
  return {*Endpoint::parse("a.example.com:1"), *Endpoint::parse("b.example.com:2"),
          *Endpoint::parse("c.example.com:3")};
}

using Order = std::vector<std::size_t>;
constexpr Milliseconds beginning{1'000'000};

}  // namespace

TEST_CASE("addresses are tried in the order given") {
  const Targets targets(three());
  CHECK(targets.order(beginning) == Order{0, 1, 2});
}

TEST_CASE("one that failed goes to the end until it has rested") {
  Targets targets(three());
  targets.failed(0, beginning);
  CHECK(targets.order(beginning) == Order{1, 2, 0});
  CHECK(targets.order(beginning + Targets::first_rest - Milliseconds(1)) == Order{1, 2, 0});
  CHECK(targets.order(beginning + Targets::first_rest) == Order{0, 1, 2});
}

TEST_CASE("of resting addresses the one that wakes first comes first, and none is left out") {
  Targets targets(three());
  targets.failed(1, beginning);
  targets.failed(0, beginning + Milliseconds(10));
  targets.failed(2, beginning + Milliseconds(20));
  CHECK(targets.order(beginning + Milliseconds(30)) == Order{1, 0, 2});
}

TEST_CASE("the rest doubles with each failure up to its longest, and success forgets it") {
  Targets targets(three());
  Milliseconds now = beginning;
  Milliseconds rest = Targets::first_rest;
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    targets.failed(0, now);
    CHECK(targets.order(now + rest - Milliseconds(1)).front() == 1);
    CHECK(targets.order(now + rest).front() == 0);
    now += rest;
    rest = std::min(rest * 2, Targets::longest_rest);
  }
  CHECK(rest == Targets::longest_rest);
  targets.succeeded(0, {});
  targets.failed(0, now);
  CHECK(targets.order(now + Targets::first_rest).front() == 0);
}

TEST_CASE("an administrator is told who rests, and when each has failed last, also when it is well again") {
  Targets targets(three());
  for (const auto& condition : targets.conditions(beginning)) {
    CHECK_FALSE(condition.rests);
    CHECK_FALSE(condition.failed_at);
  }
  const auto before = Targets::WallClock::now();
  targets.failed(1, beginning);
  const auto during = targets.conditions(beginning + Milliseconds(1));
  CHECK_FALSE(during[0].rests);
  CHECK(during[1].rests);
  REQUIRE(during[1].failed_at);
  CHECK(*during[1].failed_at >= before);
  CHECK_FALSE(targets.conditions(beginning + Targets::first_rest)[1].rests);
  targets.succeeded(1, Family::v4);
  const auto after = targets.conditions(beginning + Milliseconds(1));
  CHECK_FALSE(after[1].rests);
  CHECK(after[1].failed_at == during[1].failed_at);
}

TEST_CASE("one fails from its first failure until it is good, whether it rests or not") {
  Targets targets(three());
  const auto fails = [&](Milliseconds now) { return targets.conditions(now)[1].fails; };
  CHECK_FALSE(fails(beginning));
  targets.failed(1, beginning);
  CHECK(fails(beginning));
  CHECK(fails(beginning + Targets::longest_rest));
  CHECK_FALSE(targets.conditions(beginning)[0].fails);
  targets.succeeded(1, {});
  CHECK_FALSE(fails(beginning));
}

TEST_CASE("connections that fail together count as one failure") {
  Targets targets(three());
  for (int i = 0; i < 50; ++i) {
    targets.failed(0, beginning);
  }
  CHECK(targets.order(beginning + Targets::first_rest).front() == 0);
}

TEST_CASE("the family that was good last is known for each target, whatever fails after it") {
  Targets targets(three());
  CHECK_FALSE(targets.family(0));
  targets.succeeded(0, Family::v4);
  targets.succeeded(1, Family::v6);
  targets.failed(0, beginning);
  CHECK(targets.family(0) == Family::v4);
  CHECK(targets.family(1) == Family::v6);
  CHECK_FALSE(targets.family(2));
  targets.succeeded(0, Family::v6);
  CHECK(targets.family(0) == Family::v6);
}
