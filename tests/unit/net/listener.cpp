#include "persona/net/listener.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "persona/net/resolver.hpp"
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

TEST_CASE("a name is every address that it has, on one port, each once") {
  TestLoop loop;
  const auto addresses = Resolver::ask_system("localhost");
  REQUIRE(addresses);
  auto listeners = Listener::bind_all(*loop, *Endpoint::parse("localhost:0"));
  REQUIRE(listeners);
  REQUIRE_FALSE(listeners->empty());
  const std::uint16_t port = listeners->front()->local().port;
  CHECK(port != 0);
  std::set<std::string> bound;
  for (const auto& listener : *listeners) {
    CHECK(listener->local().port == port);
    CHECK(bound.insert(listener->local().host).second);
  }
  for (const SocketAddress& address : *addresses) {
    const std::string host = address.ip()->to_string();
    CAPTURE(host);
    // localhost may have an address that the machine lacks: IPv6 can be switched off.
    const bool is_here = Listener::bind(*loop, {Endpoint::Kind::tcp, host, 0, {}}).has_value();
    CHECK(bound.contains(host) == is_here);
  }
}

TEST_CASE("what the caller listens on already is left out, whatever the name") {
  TestLoop loop;
  auto first = Listener::bind_all(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(first);
  const Endpoint bound = first->front()->local();
  auto again = Listener::bind_all(*loop, bound, {bound});
  REQUIRE(again);
  CHECK(again->empty());
  auto others = Listener::bind_all(*loop, {Endpoint::Kind::tcp, "localhost", bound.port, {}}, {bound});
  REQUIRE(others);
  for (const auto& listener : *others) {
    CHECK(listener->local().host != "127.0.0.1");
  }
}

TEST_CASE("an address of a name that another program has is an error, not left out") {
  TestLoop loop;
  auto other = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(other);
  const std::uint16_t port = (*other)->local().port;
  const auto refused = Listener::bind_all(*loop, {Endpoint::Kind::tcp, "localhost", port, {}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "cannot listen on 127.0.0.1:" + std::to_string(port) +
                                       ": address already in use; another program listens there");
}
