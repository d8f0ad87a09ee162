#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "black_hole_posix.hpp"
#include "dialling.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

/// Streams that the loop has open; listeners are none of them, they poll.
std::size_t streams(Dialling& dialling) {
  std::size_t count = 0;
  const auto look = [](uv_handle_t* handle, void* data) {
    const bool is_open = uv_handle_get_type(handle) == UV_TCP && uv_is_closing(handle) == 0;
    *static_cast<std::size_t*>(data) += is_open ? 1 : 0;
  };
  uv_walk(dialling.loop->uv(), look, &count);
  return count;
}

}  // namespace

TEST_CASE("an address that does not answer leaves the others of the name their share of the time") {
  const BlackHole hole;
  Dialling dialling({"db:" + hole.port}, {Milliseconds(300)});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + hole.port);
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.2:" + hole.port);
  CHECK(dialling.failed.empty());
}

TEST_CASE("an address that does not answer does not hold up the next one, and is closed when that has won") {
  const BlackHole hole;
  Dialling dialling({"db:" + hole.port}, {std::chrono::minutes(10)});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + hole.port);
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.2:" + hole.port);
  CHECK(streams(dialling) == 1);
}

TEST_CASE("an address that answers after the next one was begun with may still win") {
  BlackHole slow;
  const BlackHole hole(2, slow.port);
  Dialling dialling({"db:" + slow.port}, {std::chrono::minutes(10)});
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.dialler->start();
  dialling.run_until([&] { return dialling.dialler->target() == "127.0.0.2:" + slow.port; });
  CHECK(streams(dialling) == 2);
  slow.open();
  dialling.run();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.1:" + slow.port);
  CHECK(streams(dialling) == 1);
}

TEST_CASE("an address that was overtaken is tried again when nothing else was of use") {
  BlackHole slow;
  Dialling dialling({"db:" + slow.port}, {std::chrono::minutes(10)});
  const Listening second(*dialling.loop, "127.0.0.2:" + slow.port);
  const Listening third(*dialling.loop, "127.0.0.3:" + slow.port);
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2", "127.0.0.3"}));
  dialling.start();
  CHECK(dialling.dialler->target() == "127.0.0.2:" + slow.port);
  dialling.fail("no TLS at the second");
  CHECK(dialling.dialler->target() == "127.0.0.3:" + slow.port);
  slow.open();
  dialling.fail("no TLS at the third");
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.1:" + slow.port);
  dialling.fail("no TLS at the first");
  REQUIRE(dialling.given_up);
  CHECK(dialling.given_up->error == "no TLS at the first");
}

TEST_CASE("when some addresses refuse and others do not answer both is said") {
  const BlackHole hole;
  Dialling dialling({"db:" + hole.port}, {Milliseconds(100)});
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.given_up);
  CHECK(dialling.given_up->reason == Reason::dial_timeout);
  CHECK(dialling.given_up->error ==
        "cannot connect to db:" + hole.port + " (127.0.0.1:" + hole.port +
            "): no answer within timeouts.connect (100ms); 127.0.0.2:" + hole.port + ": connection refused");
  CHECK(streams(dialling) == 0);
}

TEST_CASE("many addresses that do not answer are tried, but few of them at once") {
  constexpr std::uint8_t count = AddressRace::at_once + 1;
  std::vector<std::unique_ptr<BlackHole>> holes;
  std::vector<std::string> all;
  for (std::uint8_t last = 1; last <= count; ++last) {
    holes.push_back(std::make_unique<BlackHole>(last, holes.empty() ? "0" : holes.front()->port));
    all.push_back("127.0.0." + std::to_string(last));
  }
  const std::string& port = holes.front()->port;
  Dialling dialling({"db:" + port}, {std::chrono::minutes(10)});
  dialling.gate->answer("db", addresses(all));
  dialling.dialler->start();
  std::size_t most = 0;
  dialling.run_until([&] {
    most = std::max(most, streams(dialling));
    return dialling.dialler->target() == all.back() + ":" + port;
  });
  CHECK(most == AddressRace::at_once);
  CHECK(streams(dialling) == AddressRace::at_once);
  CHECK_FALSE(dialling.given_up);
}

TEST_CASE("an address that does not answer is a timeout, in words, and the next target is dialled") {
  const BlackHole hole;
  Dialling dialling({"127.0.0.1:" + hole.port, "127.0.0.2:" + hole.port}, {Milliseconds(100)});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + hole.port);
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.failed == std::vector<std::string>{"cannot connect to 127.0.0.1:" + hole.port +
                                                    ": no answer within timeouts.connect (100ms)"});
}
