#include "persona/forward/address_race.hpp"

#include <doctest/doctest.h>

#include "dialling.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

std::vector<std::string> order_of(const std::vector<std::string>& numeric, std::optional<Family> first) {
  std::vector<std::string> order;
  for (const auto& address : interleaved(addresses(numeric), first)) {
    order.push_back(address.ip()->to_string());
  }
  return order;
}

bool has_ipv6() {
  net::test::TestLoop loop;
  return net::Listener::bind(*loop, *Endpoint::parse("[::1]:0")).has_value();
}

}  // namespace

TEST_CASE("the families of a name take turns, beginning with the resolver's first") {
  using Order = std::vector<std::string>;
  CHECK(order_of({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}, {}) ==
        Order{"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"});
  CHECK(order_of({"10.0.0.1", "::1", "::2"}, {}) == Order{"10.0.0.1", "::1", "::2"});
  CHECK(order_of({"10.0.0.2", "10.0.0.1"}, {}) == Order{"10.0.0.2", "10.0.0.1"});
  CHECK(order_of({}, {}).empty());
}

TEST_CASE("the family that was good last begins, where there is one") {
  using Order = std::vector<std::string>;
  CHECK(order_of({"::1", "::2", "10.0.0.1"}, Family::v4) == Order{"10.0.0.1", "::1", "::2"});
  CHECK(order_of({"::1", "::2"}, Family::v4) == Order{"::1", "::2"});
  CHECK(order_of({"10.0.0.1", "::1"}, Family::v6) == Order{"::1", "10.0.0.1"});
}

TEST_CASE("an address that is IPv4 in IPv6's clothes is IPv4") {
  CHECK(family_of(addresses({"::ffff:10.0.0.1"}).front()) == Family::v4);
  CHECK(family_of(addresses({"10.0.0.1"}).front()) == Family::v4);
  CHECK(family_of(addresses({"::1"}).front()) == Family::v6);
}

TEST_CASE("the next connection begins with the family that was good, a trial remembers nothing") {
  if (!has_ipv6()) {
    MESSAGE("not tested: this machine has no IPv6 loopback");
    return;
  }
  const auto begins_with = [](Dialler::Health health) {
    const std::string port = refusing_port();
    Dialling dialling({"db:" + port}, {std::chrono::seconds(20), health});
    const Listening v4(*dialling.loop, "127.0.0.1:" + port);
    dialling.gate->answer("db", addresses({"::1", "127.0.0.1"}));
    dialling.start();  // ::1 refuses
    REQUIRE(dialling.dialler->target() == "127.0.0.1:" + port);
    dialling.dialler->succeeded();
    dialling.renew();
    const Listening v6(*dialling.loop, "[::1]:" + port);
    dialling.gate->answer("db", addresses({"::1", "127.0.0.1"}));
    dialling.start();
    return dialling.dialler->target();
  };
  CHECK(begins_with(Dialler::Health::told).starts_with("127.0.0.1:"));
  CHECK(begins_with(Dialler::Health::left).starts_with("[::1]:"));
}
