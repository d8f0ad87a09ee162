#include "persona/forward/dialler.hpp"

#include <numeric>

#include <doctest/doctest.h>

#include "dialling.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

TEST_CASE("the next address of a name is tried when the first refuses") {
  const std::string port = refusing_port();
  Dialling dialling({"db:" + port, "127.0.0.1:1"});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + port);
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.2:" + port);
  CHECK(dialling.dialler->endpoint().to_string() == "db:" + port);
  CHECK(dialling.failed.empty());
}

TEST_CASE("the next address of a name is tried when what was connected is of no use, then the next target") {
  const std::string port = refusing_port();
  Dialling dialling({"db:" + port, "127.0.0.4:" + port});
  const Listening first(*dialling.loop, "127.0.0.2:" + port);
  const Listening third(*dialling.loop, "127.0.0.3:" + port);
  const Listening last(*dialling.loop, "127.0.0.4:" + port);
  dialling.gate->answer("db", addresses({"127.0.0.2", "127.0.0.1", "127.0.0.3"}));
  dialling.start();
  CHECK(dialling.dialler->target() == "127.0.0.2:" + port);
  dialling.fail("no TLS at the first");
  CHECK(dialling.dialler->target() == "127.0.0.3:" + port);
  CHECK(dialling.generation->targets().order(Milliseconds(0)).front() ==
        0);  // the target is not given up yet
  dialling.fail("no TLS at the third");
  CHECK(dialling.dialler->target() == "127.0.0.4:" + port);
  CHECK(dialling.generation->targets().order(Milliseconds(0)).front() == 1);
  dialling.fail("no TLS anywhere");
  CHECK(dialling.failed == std::vector<std::string>{"no TLS at the first", "no TLS at the third"});
  REQUIRE(dialling.given_up);
  CHECK(dialling.given_up->error == "no TLS anywhere");
  CHECK(dialling.gate->started("db") == 1);
}

TEST_CASE("when the last address of a name cannot be connected to that is the reason") {
  const std::string port = refusing_port();
  Dialling dialling({"db:" + port});
  const Listening first(*dialling.loop, "127.0.0.2:" + port);
  dialling.gate->answer("db", addresses({"127.0.0.2", "127.0.0.1"}));
  dialling.start();
  dialling.fail("no TLS");
  CHECK(dialling.failed == std::vector<std::string>{"no TLS"});
  REQUIRE(dialling.given_up);
  CHECK(dialling.given_up->reason == Reason::dial_failed);
  CHECK(dialling.given_up->error ==
        "cannot connect to db:" + port + " (127.0.0.1:" + port + "): connection refused");
}

TEST_CASE("the next target is tried when a name does not exist or is silent, and both rest") {
  Dialling dialling({"missing:1", "silent:1", "127.0.0.1:0"}, {Milliseconds(50)});
  const std::string port = refusing_port();
  dialling.gate->answer("missing", fail(ErrorKind::network, "cannot resolve missing"));
  dialling.start();
  REQUIRE(dialling.failed.size() == 2);
  CHECK(dialling.failed[0] == "cannot resolve missing");
  CHECK(dialling.failed[1].find("cannot resolve silent within timeouts.connect (50ms)") == 0);
  CHECK(dialling.given_up);
  CHECK(dialling.generation->targets().order(Milliseconds(0)).size() == 3);
}

TEST_CASE("only allowed addresses are dialled") {
  const std::string port = refusing_port();
  Dialling dialling({"db:" + port}, {std::chrono::seconds(20)}, {{}, {*Cidr::parse("127.0.0.3/32")}});
  const Listening forbidden(*dialling.loop, "127.0.0.2:" + port);
  const Listening allowed(*dialling.loop, "127.0.0.3:" + port);
  dialling.gate->answer("db", addresses({"127.0.0.2", "127.0.0.3"}));
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.3:" + port);
  dialling.fail("no TLS");
  CHECK(dialling.given_up);
  CHECK(forbidden.accepted == 0);
}

TEST_CASE("a name without an allowed address is refused, and so is a name that is not allowed") {
  Dialling dialling({"db:1", "other:1"}, {std::chrono::seconds(20)},
                    {{"db"}, {*Cidr::parse("127.0.0.3/32")}});
  dialling.gate->answer("db", addresses({"127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.given_up);
  CHECK(dialling.given_up->reason == Reason::dial_failed);
  REQUIRE(dialling.failed.size() == 1);
  CHECK(dialling.failed.front().find("127.0.0.2") != std::string::npos);
  CHECK(dialling.given_up->error == dialling.generation->dial_rules().refusal_of_host("other"));
}

TEST_CASE("look-ups and connects are counted where there is something to count with") {
  Counters counters;
  counters.provide(1);
  Dialling dialling({"missing:1", "silent:1", "gone:1", "db:" + refusing_port()},
                    {Milliseconds(50), Dialler::Health::told, {}, &counters.of_loop(0)});
  const Listening gateway(*dialling.loop, "127.0.0.2:0");
  const std::string numeric = "127.0.0.2:" + gateway.port();
  dialling.gate->answer("missing", fail(ErrorKind::network, "cannot resolve missing"));
  dialling.gate->answer("gone", fail(ErrorKind::network, "cannot resolve gone"));
  dialling.gate->answer("db", addresses({"127.0.0.1"}));
  dialling.start();
  REQUIRE(dialling.given_up);  // the only address of db refuses
  const Counts after = counters.sum();
  CHECK(after.lookups == std::array<std::uint64_t, lookup_results>{1, 2, 1});
  CHECK(after.connects.buckets == decltype(after.connects.buckets){});

  Dialling direct({numeric}, {std::chrono::seconds(20), Dialler::Health::told, {}, &counters.of_loop(0)});
  direct.start();
  REQUIRE(direct.stream);
  const Counts connected = counters.sum();
  CHECK(connected.lookups == after.lookups);
  CHECK(std::accumulate(connected.connects.buckets.begin(), connected.connects.buckets.end(),
                        std::uint64_t{0}) == 1);
}

TEST_CASE("a trial leaves the health of targets as it is") {
  const std::string port = refusing_port();
  Dialling dialling({"127.0.0.1:" + port, "127.0.0.2:" + port},
                    {std::chrono::seconds(20), Dialler::Health::left});
  dialling.start();
  CHECK(dialling.given_up);
  CHECK(dialling.generation->targets().order(Milliseconds(0)).front() == 0);
}
