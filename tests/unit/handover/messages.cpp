#include "persona/handover/messages.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::handover;

TEST_CASE("orders are read as they were written") {
  for (const Order order : {Order::ask, Order::ready}) {
    const auto read = read_order(write_order(order, 4711));
    REQUIRE(read);
    CHECK(read->order == order);
    CHECK(read->pid == 4711);
  }
}

TEST_CASE("sockets are read as they were written") {
  const Sockets sockets{4711,
                        {{*Endpoint::parse("127.0.0.1:0"), 0},
                         {*Endpoint::parse("[::1]:5432"), 0},
                         {*Endpoint::parse("unix:/run/a b.sock"), 18446744073709551615U},
                         {*Endpoint::parse_to_listen("systemd:pg"), 0}},
                        true};
  const auto read = read_sockets(write_sockets(sockets));
  REQUIRE(read);
  CHECK(read->pid == 4711);
  CHECK(read->more);
  CHECK(read->sockets == sockets.sockets);
}

TEST_CASE("a refusal is a failure with its sentence, on one line") {
  CHECK(read_sockets(write_refusal("not now")).error().message == "not now");
  CHECK(read_sockets(write_refusal("a\nb")).error().message.find('\n') == std::string::npos);
}

TEST_CASE("what is malformed or of another version is one sentence") {
  for (const char* line :
       {"", "x", "[]", "1", "null", "{}", R"({"persona":2,"order":"ask","pid":1,"sockets":[],"more":false})",
        R"({"persona":1,"order":"ask"})", R"({"persona":1,"order":"ask","pid":-1})",
        R"({"persona":1,"order":"ask","pid":99999999999})", R"({"persona":1,"order":"dance","pid":1})",
        R"({"persona":1,"order":1,"pid":1})", R"({"persona":1,"pid":1,"sockets":{},"more":false})",
        R"({"persona":1,"pid":1,"sockets":[],"more":1})",
        R"({"persona":1,"pid":1,"sockets":[1],"more":false})",
        R"({"persona":1,"pid":1,"sockets":[{"asked":"x","inode":0}],"more":false})",
        R"({"persona":1,"pid":1,"sockets":[{"asked":"127.0.0.1:1","inode":-1}],"more":false})",
        R"({"persona":1,"pid":1,"sockets":[{"asked":"127.0.0.1:1"}],"more":false})"}) {
    CAPTURE(line);
    const std::string sentence = "what it says is not understood: it may be a persona of another version";
    const auto order = read_order(line);
    CHECK((!order && order.error().message == sentence));
    const auto sockets = read_sockets(line);
    CHECK((!sockets && sockets.error().message == sentence));
  }
}
