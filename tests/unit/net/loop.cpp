#include "persona/net/loop.hpp"

#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

TEST_CASE("a loop that runs belongs to its thread, before and after to whoever has it") {
  TestLoop loop;
  CHECK(loop->is_here());
  CHECK_FALSE(loop->on_thread());
  std::promise<bool> there;
  std::promise<void> looked;
  std::thread thread([&] { loop->run(); });
  loop->post([&] {
    there.set_value(loop->is_here() && loop->on_thread());
    looked.get_future().wait();
    loop->finish();
  });
  CHECK(there.get_future().get());
  CHECK_FALSE(loop->is_here());
  looked.set_value();
  thread.join();
  CHECK(loop->is_here());
}
