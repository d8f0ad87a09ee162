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
