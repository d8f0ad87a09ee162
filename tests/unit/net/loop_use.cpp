#include "persona/net/loop_use.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "persona/net/timer.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;
using namespace std::chrono_literals;

namespace {

constexpr Milliseconds started{1'000'000};

/// Turns of one wait and one time of work each, until `until`, when the last work ends. Returns that time.
Milliseconds turns(LoopUse& use, Milliseconds from, Milliseconds until, Milliseconds wait,
                   Milliseconds work) {
  Milliseconds now = from;
  while (now < until) {
    use.waits(now);
    now += wait;
    use.waited(now);
    now += work;
  }
  return now;
}

}  // namespace

TEST_CASE("a loop's use is the share of its time of late in which it did not wait") {
  LoopUse use;
  CHECK(use.percent(started) == 0);
  Milliseconds now = turns(use, started, started + 2'000ms, 30ms, 10ms);
  CHECK(use.percent(now) > 15);
  CHECK(use.percent(now) < 35);
  now = turns(use, now, now + 1'000ms, 0ms, 5ms);
  CHECK(use.percent(now) == 100);
  now = turns(use, now, now + 1'000ms, 20ms, 0ms);
  CHECK(use.percent(now) == 0);
}

TEST_CASE("a loop is not called busy for the time before it was there") {
  LoopUse use;
  const Milliseconds now = turns(use, started, started + 100ms, 1ms, 1ms);
  CHECK(use.percent(now) == 0);  // nothing is known yet
  CHECK(use.percent(turns(use, now, started + 1'000ms, 1ms, 1ms)) > 40);
}

TEST_CASE("waits and works too short for the clock add up") {
  LoopUse use;
  int quarters = 0;  // of a millisecond, which is what the clock shows
  const auto clock = [&] { return started + Milliseconds(quarters / 4); };
  for (int i = 0; i < 2'000; ++i) {
    use.waits(clock());
    quarters += 1;
    use.waited(clock());
    quarters += 4;
  }
  CHECK(use.percent(clock()) >= 75);
  CHECK(use.percent(clock()) <= 85);
}

TEST_CASE("a loop that has begun to wait is not busy any more") {
  LoopUse use;
  const Milliseconds now = turns(use, started, started + 1'000ms, 0ms, 5ms);
  use.waits(now);
  CHECK(use.percent(now) == 100);
  CHECK(use.percent(now + LoopUse::window) == 0);
}

TEST_CASE("a loop tells other threads that it works, or waits") {
  TestLoop loop;
  std::thread thread([&] { loop->run(); });
  const Milliseconds until = precise_now() + 4 * LoopUse::window;
  unsigned seen = 0;
  std::promise<void> done;
  std::function<void()> work = [&] {
    const Milliseconds end = precise_now() + 5ms;
    while (precise_now() < end) {
    }
    seen = std::max(seen, loop->busy(precise_now()));
    if (end < until) {
      loop->post(work);
    } else {
      done.set_value();
    }
  };
  loop->post(work);
  done.get_future().wait();
  CHECK(seen > 50);
  CHECK(loop->busy(precise_now() + 2 * LoopUse::window) == 0);
  loop->post([&] { loop->finish(); });
  thread.join();
}
