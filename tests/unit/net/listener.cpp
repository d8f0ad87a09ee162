#include "persona/net/listener.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

TEST_CASE("the kernel chooses the port, and it is told") {
  TestLoop loop;
  auto listener = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(listener);
  CHECK((*listener)->local().host == "127.0.0.1");
  CHECK((*listener)->local().port != 0);
}

TEST_CASE("an address in use is an error with a sentence, never a silent share") {
  TestLoop loop;
  auto first = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(first);
  const Endpoint taken = (*first)->local();
  auto second = Listener::bind(*loop, taken);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::configuration);
  CHECK(second.error().message ==
        "cannot listen on " + taken.to_string() + ": address already in use; another program listens there");
}
