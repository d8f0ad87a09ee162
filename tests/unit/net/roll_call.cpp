#include "persona/net/roll_call.hpp"

#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "support.hpp"

using persona::net::roll_call;
using persona::net::test::TestLoop;

TEST_CASE("all are here only when every loop has run its task, the asker's own included") {
  TestLoop asker;
  TestLoop other;
  std::promise<void> hangs;
  std::promise<void> goes_on;
  std::thread thread([&] { other->run(); });
  other->post([&] {
    hangs.set_value();
    goes_on.get_future().wait();
  });
  hangs.get_future().wait();

  bool all_here = false;
  bool one_here = false;
  roll_call(*asker, {&*asker}, [&] { one_here = true; });
  roll_call(*asker, {&*asker, &*other}, [&] { all_here = true; });
  while (!one_here) {
    uv_run(asker->uv(), UV_RUN_ONCE);
  }
  // Whatever else the asker's loop had to do was done with that.
  uv_run(asker->uv(), UV_RUN_NOWAIT);
  CHECK(!all_here);
  goes_on.set_value();
  while (!all_here) {
    uv_run(asker->uv(), UV_RUN_ONCE);
  }
  other->post([&] { other->finish(); });
  thread.join();
}
