#include "persona/forward/dealing.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace persona::forward;

namespace {

/// Loops that keep what they are given.
struct Loops {
  std::vector<LoopLoad> loads;
  Dealing dealing{};

  std::size_t deal() {
    const std::size_t loop = dealing.next(loads);
    REQUIRE(loop < loads.size());
    ++loads[loop].connections;
    return loop;
  }
  void deal(int times) {
    for (int i = 0; i < times; ++i) {
      deal();
    }
  }
};

}  // namespace

TEST_CASE("loops with equally many connections take turns") {
  Loops loops{std::vector<LoopLoad>(3)};
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(loops.deal() == i % 3);
  }
  Loops short_lived{std::vector<LoopLoad>(3)};
  for (std::size_t i = 0; i < 9; ++i) {
    const std::size_t loop = short_lived.deal();
    CHECK(loop == i % 3);
    --short_lived.loads[loop].connections;  // it has ended before the next one comes
  }
}

TEST_CASE("after connections have ended unevenly the next ones go where there are fewer") {
  Loops loops{{{10, 0}, {2, 0}, {10, 0}}};
  for (int i = 0; i < 8; ++i) {
    CHECK(loops.deal() == 1);
  }
  loops.deal(9);
  for (const LoopLoad& each : loops.loads) {
    CHECK(each.connections == 13);
  }
}

TEST_CASE("a busy loop gets no more while another has time, however few connections it has") {
  Loops loops{{{1, 100}, {5'000, 10}, {5'001, 40}}};
  CHECK(loops.deal() == 1);
  loops.deal(100);
  CHECK(loops.loads[0].connections == 1);
  CHECK(loops.loads[1].connections + loops.loads[2].connections == 10'102);
  loops.loads[0].busy = Dealing::busy_from - 1;
  CHECK(loops.deal() == 0);
}

TEST_CASE("loops that are alike busy are dealt to by their connections alone") {
  Loops all_busy{{{3, 100}, {1, 80}}};
  CHECK(all_busy.deal() == 1);
  CHECK(all_busy.deal() == 1);
  all_busy.deal(10);
  CHECK(all_busy.loads[0].connections == 8);
  CHECK(all_busy.loads[1].connections == 8);
  Loops full{{{0, 100}, {0, 100}}};
  full.deal(10);
  CHECK(full.loads[0].connections == 5);
  Loops one{{{7, 100}}};
  CHECK(one.deal() == 0);
}
