#include "persona/forward/places.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

namespace {

using Numbers = std::vector<Places::Number>;

std::optional<IpAddress> source(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  REQUIRE(parsed);
  return source_of(*parsed);
}

/// The places of one service, where everybody that enters is a stranger at first.
struct Doorkeeper {
  explicit Doorkeeper(Places::Limits some_limits) : limits(some_limits) {}

  Places::Answer ask(std::optional<IpAddress> from, bool stranger = true) {
    return places.enter({std::move(from), stranger, nullptr}, limits);
  }
  /// Must be let in, and this many have to go.
  Places::Number let_in(std::string_view from, const Numbers& dropped = {}) {
    const auto answer = ask(source(from));
    REQUIRE(answer.number);
    CHECK(numbers(answer) == dropped);
    return *answer.number;
  }
  Places::Number let_in_verified(std::string_view from) {
    const auto number = let_in(from);
    CHECK_FALSE(places.verified(number, limits.connections));
    return number;
  }
  static Numbers numbers(const Places::Answer& answer) {
    Numbers all;
    for (const auto& each : answer.dropped) {
      all.push_back(each.number);
    }
    return all;
  }

  Places::Limits limits;
  Places places;
};

constexpr std::size_t unlimited = 1000;

}  // namespace

TEST_CASE("a source is an IPv4 address, or the /64 of an IPv6 address") {
  CHECK(source("192.0.2.1") == source("::ffff:192.0.2.1"));
  CHECK(source("192.0.2.1") != source("192.0.2.2"));
  CHECK(source("2001:db8:1:2::1") == source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  CHECK(source("2001:db8:1:2::1") != source("2001:db8:1:3::1"));
  CHECK(source("2001:db8:1:2:3::1")->to_string() == "2001:db8:1:2::");
  CHECK(source("fe80::1") != source("fe80::2"));  // every host of a link has this /64
  CHECK(source("febf::1") != source("febf::2"));
  CHECK(source("fec0::1") == source("fec0::2"));
}

TEST_CASE("strangers take no place of those who are verified") {
  Doorkeeper door({2, 3, unlimited});
  const auto first = door.let_in_verified("192.0.2.1");
  for (int i = 0; i < 3; ++i) {
    door.let_in("192.0.2.9");
  }
  CHECK(door.places.count() == 4);
  const auto answer = door.ask(source("192.0.2.1"));
  REQUIRE(answer.number);
  REQUIRE(answer.dropped.size() == 1);
  CHECK_FALSE(door.places.verified(*answer.number, 2));
  CHECK(door.ask(source("192.0.2.2")).refusal == "limits.connections of 2 reached");
  door.places.leave(first);
  CHECK(door.ask(source("192.0.2.2")).number);
}

TEST_CASE("a handshake that ends when all places are taken is refused, and still leaves") {
  Doorkeeper door({1, 3, unlimited});
  const auto first = door.let_in("192.0.2.1");
  const auto second = door.let_in("192.0.2.2");
  CHECK_FALSE(door.places.verified(first, 1));
  CHECK(door.places.verified(second, 1) == "limits.connections of 1 reached");
  door.places.leave(second);
  door.places.leave(first);
  CHECK(door.places.count() == 0);
  CHECK_FALSE(door.places.verified(door.let_in("192.0.2.3"), 1));
}

TEST_CASE("some of those who are refused have a place to be told so, outside all limits") {
  Doorkeeper door({1, 3, unlimited});
  const auto first = door.let_in_verified("192.0.2.1");
  std::vector<Places::Number> told;
  while (const auto number = door.places.enter_refused()) {
    told.push_back(*number);
  }
  CHECK(told.size() == Places::most_told);
  CHECK(door.places.count() == 1);
  door.places.leave(told.front());
  CHECK(door.places.enter_refused());
  CHECK_FALSE(door.places.enter_refused());
  CHECK(door.ask(source("192.0.2.2")).refusal == "limits.connections of 1 reached");
  door.places.leave(first);
  CHECK(door.places.count() == 0);
  CHECK(door.ask(source("192.0.2.2")).number);
}

TEST_CASE("the oldest stranger goes first; one that was verified or left does not") {
  Doorkeeper door({unlimited, 3, unlimited});
  const auto first = door.let_in("192.0.2.1");
  const auto second = door.let_in("192.0.2.1");
  const auto third = door.let_in("192.0.2.1");
  const auto fourth = door.let_in("192.0.2.1", {first});
  CHECK_FALSE(door.places.verified(second, unlimited));
  const auto fifth = door.let_in("192.0.2.1");
  door.places.leave(third);
  door.let_in("192.0.2.1");
  const auto answer = door.ask(source("192.0.2.1"));
  REQUIRE(answer.dropped.size() == 1);
  CHECK(answer.dropped[0].number == fourth);
  CHECK(answer.dropped[0].why ==
        "limits.handshakes of 3 reached: the oldest unfinished handshake of the address that has most made "
        "room for a new one");
  door.let_in("192.0.2.1", {fifth});
}

TEST_CASE("a source that floods displaces its own strangers, not those of others") {
  Doorkeeper door({unlimited, 4, unlimited});
  const auto patient = door.let_in("192.0.2.1");
  const auto first = door.let_in("2001:db8::1");
  const auto second = door.let_in("2001:db8::2");
  const auto third = door.let_in("2001:db8::3");
  const auto fourth = door.let_in("2001:db8::4", {first});
  door.let_in("192.0.2.2", {second});  // also for somebody else
  door.let_in("192.0.2.3", {third});
  door.let_in("192.0.2.4", {patient});  // of equal ones the oldest
  door.let_in("2001:db8::5", {fourth});
}

TEST_CASE("of one source there are so many, strangers or not; the oldest stranger of it makes room") {
  Doorkeeper door({unlimited, unlimited, 3});
  const auto first = door.let_in("2001:db8::1");
  const auto verified = door.let_in_verified("2001:db8::2");
  const auto third = door.let_in("2001:db8::3");
  const auto other = door.let_in("2001:db8:0:1::1");
  const auto fourth = door.let_in("2001:db8::4", {first});
  CHECK_FALSE(door.places.verified(fourth, unlimited));
  const auto answer = door.ask(source("2001:db8::5"));
  REQUIRE(answer.number);
  REQUIRE(answer.dropped.size() == 1);
  CHECK(answer.dropped[0].number == third);
  CHECK(answer.dropped[0].why ==
        "limits.per_source of 3 reached: the oldest unfinished handshake of this address made room for a new "
        "one");
  CHECK_FALSE(door.places.verified(*answer.number, unlimited));
  CHECK(door.ask(source("2001:db8::6")).refusal ==
        "limits.per_source of 3 reached: this address has that many connections");
  door.places.leave(verified);
  door.let_in("2001:db8::7");
  CHECK_FALSE(door.places.verified(other, unlimited));
}

TEST_CASE("clients that are not asked who they are take places at once") {
  Doorkeeper door({4, 1, 2});
  CHECK(door.ask(source("127.0.0.1"), false).number);
  CHECK(door.ask(source("127.0.0.1"), false).number);
  CHECK(door.ask(source("127.0.0.1"), false).refusal ==
        "limits.per_source of 2 reached: this address has that many connections");
  CHECK(door.ask(source("127.0.0.2"), false).number);
  CHECK(door.ask(std::nullopt, false).number);
  CHECK(door.ask(std::nullopt, false).refusal == "limits.connections of 4 reached");
}

TEST_CASE("clients without an address are no source") {
  Doorkeeper door({unlimited, 3, 2});
  const auto first = door.ask(std::nullopt);
  CHECK(door.ask(std::nullopt).dropped.empty());
  CHECK(door.ask(std::nullopt).dropped.empty());
  CHECK(Doorkeeper::numbers(door.ask(std::nullopt)) == Numbers{*first.number});
}

TEST_CASE("a stranger that is verified before it hears that it lost its place keeps one") {
  Doorkeeper door({2, 1, 2});
  const auto first = door.let_in("192.0.2.1");
  const auto second = door.let_in("192.0.2.1", {first});
  CHECK_FALSE(door.places.verified(first, 2));
  CHECK_FALSE(door.places.verified(second, 2));
  CHECK(door.ask(source("192.0.2.1")).refusal == "limits.connections of 2 reached");
  door.places.leave(first);
  door.places.leave(second);
  CHECK(door.places.count() == 0);
  door.let_in_verified("192.0.2.1");
  door.let_in_verified("192.0.2.1");
}

TEST_CASE("strangers make room when nothing more can be accepted, those of the greatest crowd first") {
  Doorkeeper door({unlimited, unlimited, unlimited});
  CHECK(door.places.make_room(3).empty());
  const auto verified = door.let_in_verified("192.0.2.1");
  const auto first = door.let_in("192.0.2.1");
  const auto second = door.let_in("192.0.2.2");
  const auto third = door.let_in("192.0.2.2");
  auto dropped = door.places.make_room(2);
  REQUIRE(dropped.size() == 2);
  CHECK(dropped[0].number == second);
  CHECK(dropped[1].number == first);
  CHECK(dropped[0].why ==
        "no more connections can be accepted: the oldest unfinished handshake of the address that has most "
        "made room for a new one");
  const auto fourth = door.let_in("192.0.2.3");
  dropped = door.places.make_room(2);
  REQUIRE(dropped.size() == 1);  // not more than half
  CHECK(dropped[0].number == third);
  CHECK(door.places.make_room(2).size() == 1);
  for (const auto number : {verified, first, second, third, fourth}) {
    door.places.leave(number);
  }
  CHECK(door.places.count() == 0);
}

TEST_CASE("limits that were lowered hold with the next one that comes") {
  Doorkeeper door({unlimited, unlimited, unlimited});
  Numbers all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(door.let_in("192.0.2.1"));
  }
  door.limits.handshakes = 4;
  all.push_back(door.let_in("192.0.2.2", {all[0], all[1], all[2]}));
  door.limits.per_source = 2;
  all.push_back(door.let_in("192.0.2.1", {all[3], all[4]}));
  CHECK(door.places.count() == 8);  // until they are gone
  for (const auto number : all) {
    door.places.leave(number);
  }
  CHECK(door.places.count() == 0);
}

TEST_CASE("whom a load balancer relays is counted once it has told") {
  Doorkeeper door({3, 3, 2});
  const auto relay = [&] {
    const auto answer = door.places.enter({std::nullopt, true, nullptr}, {unlimited, 3, unlimited});
    REQUIRE(answer.number);
    return *answer.number;
  };
  const auto tell = [&](Places::Number number, std::string_view from, bool stranger) {
    return door.places.identified(number, {source(from), stranger, nullptr}, door.limits);
  };
  const auto first = relay();
  const auto second = relay();
  CHECK(tell(first, "192.0.2.1", false).number == first);
  CHECK(tell(second, "192.0.2.1", true).number == second);
  SUBCASE("its oldest unfinished handshake makes room for it") {
    const auto third = relay();
    const auto answer = tell(third, "192.0.2.1", true);
    CHECK(answer.number == third);
    CHECK(Doorkeeper::numbers(answer) == Numbers{second});
  }
  SUBCASE("it is refused if it has none, and then leaves as it came") {
    CHECK_FALSE(door.places.verified(second, door.limits.connections));
    const auto third = relay();
    const auto answer = tell(third, "192.0.2.1", true);
    CHECK_FALSE(answer.number);
    CHECK(answer.refusal.find("limits.per_source of 2 reached") == 0);
    CHECK(door.places.count() == 3);
    door.places.leave(third);
    CHECK(door.places.count() == 2);
    const auto fourth = relay();
    CHECK(tell(fourth, "192.0.2.2", false).number == fourth);
    const auto fifth = relay();
    CHECK(tell(fifth, "192.0.2.3", false).refusal.find("limits.connections of 3 reached") == 0);
    for (const auto number : {first, second, fourth, fifth}) {
      door.places.leave(number);
    }
    CHECK(door.places.count() == 0);
  }
  SUBCASE("those who have not told yet are strangers, of whom the oldest goes") {
    const auto third = relay();
    relay();
    const auto answer = door.ask(std::nullopt);
    CHECK(Doorkeeper::numbers(answer) == Numbers{third});
    CHECK(tell(third, "192.0.2.9", false).number == third);  // it had told just then
  }
}
