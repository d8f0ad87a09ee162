#include "persona/net/work.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace persona::net;
using persona::net::test::TestLoop;

TEST_CASE("a task runs on another thread, then its end is told on the loop's") {
  TestLoop loop;
  std::thread::id ran;
  bool done = false;
  HandlePtr<Work> work;
  std::string error;
  work = Work::start(
      *loop, [&ran] { ran = std::this_thread::get_id(); },
      [&] {
        done = true;
        work.reset();
        loop->finish();
      },
      error);
  REQUIRE(work);
  CHECK(!done);
  loop->run();
  CHECK(done);
  CHECK(ran != std::this_thread::get_id());
}

TEST_CASE("work that was let go ends unheard, and the loop waits for it") {
  std::promise<void> started;
  std::promise<void> may_end;
  std::atomic<bool> ran = false;
  bool done = false;
  std::thread helper;
  {
    TestLoop loop;
    std::string error;
    auto work = Work::start(
        *loop,
        [&] {
          started.set_value();
          may_end.get_future().wait();
          ran = true;
        },
        [&] { done = true; }, error);
    REQUIRE(work);
    started.get_future().wait();
    work.reset();
    helper = std::thread([&] { may_end.set_value(); });
  }
  helper.join();
  CHECK(ran);
  CHECK(!done);
}
