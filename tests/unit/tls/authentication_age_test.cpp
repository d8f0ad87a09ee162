// A session is resumed for a day after the full handshake, however often its tickets were renewed, and each
// side sees to it alone: the clocks of both are turned by the tests.
#include <doctest/doctest.h>

#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;
using namespace std::chrono_literals;

namespace {

/// A day in 2033, long after the machine was started.
constexpr Moment start{100'000'000ms, 2'000'000'000'000ms};

constexpr Moment later(const Moment& moment, std::chrono::milliseconds span) {
  return {moment.monotonic + span, moment.wall + span};
}

Moment clients_now;
Moment servers_now;

ContextOptions by_clock(ContextOptions options, Clock clock) {
  options.clock = clock;
  return options;
}

/// A client and a server, each with a clock of its own.
struct Machines : Service {
  Machines()
      : Service(by_clock(client_options(), [] { return clients_now; }),
                by_clock(server_options(), [] { return servers_now; })) {
    clients_now = servers_now = start;
  }

  /// One connection that works: was it resumed?
  bool connects_resumed() const {
    Pair pair = connect();
    CHECK(pair.server->info().peer == "CN=client");
    CHECK(pair.client->info().peer == "CN=server");
    return resumed(pair);
  }

  /// Of the ticket that the next connection offers, which stays.
  std::chrono::seconds lifetime() const {
    const auto ticket = client->ticket_store()->take(service_target);
    REQUIRE(ticket);
    client->ticket_store()->put(service_target, copy_of(*ticket));
    return ticket->lifetime;
  }
};

/// Renewed every six hours, a session ends with the day.
void check_five_days(const Machines& machines, bool clients, bool servers) {
  for (int hours = 0; hours <= 5 * 24; hours += 6) {
    CAPTURE(hours);
    clients_now = clients ? later(start, std::chrono::hours(hours)) : start;
    servers_now = servers ? later(start, std::chrono::hours(hours)) : start;
    CHECK(machines.connects_resumed() == (hours % 24 != 0));
    CHECK(machines.lifetime() == std::chrono::hours(24 - hours % 24));
  }
}

TicketBank bank_of(TicketStore& store, const Moment& authenticated_at) {
  TicketBank::Parts parts;
  parts.store = &store;
  parts.target = "a";
  parts.cipher_suite = aes_128;
  parts.resumption_master_secret = secret_of(aes_128, 1);
  parts.valid_until = in_hours(1);
  parts.authenticated_at = authenticated_at;
  return TicketBank(std::move(parts));
}

TicketContent content_of(const Moment& authenticated_at) {
  TicketContent content;
  content.cipher_suite = aes_128;
  content.valid_until = in_hours(1);
  content.authenticated_at = authenticated_at;
  return content;
}

/// A NewSessionTicket with a lifetime of two days.
const Bytes two_days{0, 2, 0xa3, 0, 9, 9, 9, 9, 1, 7, 0, 1, 8, 0, 0};

/// The body of a message, and what it says of its lifetime and the ticket in it.
struct Issued {
  explicit Issued(TicketIssuer& issuer, const Moment& authenticated_at) {
    const auto message = issuer.issue(content_of(authenticated_at), Bytes(32, 5));
    REQUIRE(message);
    const ByteView body = ByteView(*message).subspan(4);
    lifetime = std::chrono::seconds(std::uint32_t{body[0]} << 24 | std::uint32_t{body[1]} << 16 |
                                    std::uint32_t{body[2]} << 8 | body[3]);
    const std::size_t front = 4 + 4 + 1 + std::size_t{body[8]} + 2;
    ticket = bytes_of(body.subspan(front, body.size() - front - 2));
  }
  std::chrono::seconds lifetime{0};
  Bytes ticket;
};

}  // namespace

TEST_CASE("the clock that has gone further counts, and one that has gone back") {
  const auto at = [](std::chrono::milliseconds monotonic, std::chrono::milliseconds wall) {
    return elapsed(start, {start.monotonic + monotonic, start.wall + wall});
  };
  CHECK(at(0ms, 0ms) == 0ms);
  CHECK(at(3ms, 5ms) == 5ms);
  CHECK(at(5ms, 3ms) == 5ms);
  CHECK_FALSE(at(5ms, -1ms));
  CHECK_FALSE(at(-1ms, 5ms));
}

TEST_CASE("both clocks go on") {
  const Moment then = now_by_both_clocks();
  CHECK(then.wall > 1'700'000'000'000ms);
  Moment now = then;
  while (now.monotonic == then.monotonic || now.wall == then.wall) {
    now = now_by_both_clocks();
  }
  CHECK(elapsed(then, now));
}

TEST_CASE("a session that is renewed for ever ends after a day") {
  const Machines machines;
  SUBCASE("both clocks") {
    check_five_days(machines, true, true);
  }
  SUBCASE("the server sees to it though the client does not") {
    check_five_days(machines, false, true);
  }
  SUBCASE("the client sees to it though the server does not") {
    check_five_days(machines, true, false);
  }
}

TEST_CASE("the day is over to the second") {
  const Machines machines;
  CHECK_FALSE(machines.connects_resumed());
  SUBCASE("server") {
    servers_now = later(start, 24h - 1s);
    CHECK(machines.connects_resumed());
    CHECK(machines.lifetime() == 1s);
    servers_now = later(start, 24h);
  }
  SUBCASE("client") {
    clients_now = later(start, 24h - 1s);
    CHECK(machines.connects_resumed());
    CHECK(machines.lifetime() == 1s);
    clients_now = later(start, 24h);
    CHECK(machines.client->ticket_store()->take(service_target) == nullptr);
  }
  CHECK_FALSE(machines.connects_resumed());
  CHECK(machines.connects_resumed());
}

TEST_CASE("no clock that is set back or stands still makes the day longer") {
  for (Moment* now : {&clients_now, &servers_now}) {
    const Machines machines;
    CHECK_FALSE(machines.connects_resumed());
    CHECK(machines.connects_resumed());
    *now = {start.monotonic + 1h, start.wall + 24h};  // asleep
    CHECK_FALSE(machines.connects_resumed());
    CHECK(machines.connects_resumed());
    *now = {start.monotonic + 26h, start.wall + 25h};  // set back
    CHECK_FALSE(machines.connects_resumed());
    CHECK(machines.connects_resumed());
    now->wall = start.wall;  // to before the handshake
    CHECK_FALSE(machines.connects_resumed());
    CHECK(machines.connects_resumed());
  }
}

TEST_CASE("a client keeps no ticket that comes when its session is a day old") {
  TicketStore store([] { return clients_now; });
  clients_now = start;
  CHECK(bank_of(store, start).receive(two_days));
  CHECK(store.take("a")->lifetime == 24h);
  store.forget("a");
  clients_now = later(start, 23h);
  CHECK(bank_of(store, start).receive(two_days));
  CHECK(store.take("a")->lifetime == 1h);
  store.forget("a");
  for (const auto age : {24h, 25h, 240h, -1h}) {
    clients_now = later(start, age);
    CHECK(bank_of(store, start).receive(two_days));
    clients_now = start;  // so that nothing is kept back as too old
    CHECK(store.take("a") == nullptr);
  }
}

TEST_CASE("a server makes and opens no ticket of a client that has to prove its key again") {
  TicketIssuer issuer([] { return servers_now; });
  servers_now = later(start, 10h);
  const Issued issued(issuer, start);
  CHECK(issued.lifetime == 14h);
  const auto content = issuer.open(issued.ticket);
  REQUIRE(content);
  CHECK(content->authenticated_at.monotonic == start.monotonic);
  CHECK(content->authenticated_at.wall == start.wall);
  for (const auto age : {24h, 25h, 240h, -1h}) {
    servers_now = later(start, age);
    CHECK_FALSE(issuer.open(issued.ticket));
    CHECK_FALSE(issuer.issue(content_of(start), Bytes(32, 5)));
  }
  CHECK_FALSE(issuer.issue(content_of({}), Bytes(32, 5)));  // never authenticated
  servers_now = later(start, 24h - 1s);
  CHECK(issuer.open(issued.ticket));
  CHECK(Issued(issuer, start).lifetime == 1s);
}

namespace {

Moment here;
Moment there;

}  // namespace

TEST_CASE("a ticket under shared keys goes by the wall clock, and is none from the future or another trust") {
  TicketKeys keys;
  keys.keys.emplace_back(Bytes(32, 7));
  keys.trust = "one";
  here = now_by_both_clocks();
  there = {here.monotonic + 1000h, here.wall};  // a machine that has been up for longer
  const auto ours = *TicketIssuer::with_keys(keys, false, [] { return here; });
  const auto theirs = *TicketIssuer::with_keys(keys, false, [] { return there; });
  const Bytes ticket = Issued(*ours, {here.monotonic - 1h, here.wall - 1h}).ticket;
  const auto opened = theirs->open(ticket);
  REQUIRE(opened);
  CHECK(opened->authenticated_at.monotonic == there.monotonic - 1h);
  CHECK(opened->authenticated_at.wall == there.wall - 1h);
  CHECK(opened->created <= ticket_time());
  CHECK(opened->created > ticket_time() - 60'000);

  there.wall = here.wall - 59s;  // as clocks differ
  CHECK(theirs->open(ticket));
  there.wall = here.wall - 2h;
  CHECK_FALSE(theirs->open(ticket));
  there.wall = here.wall + 22h;
  CHECK(theirs->open(ticket));
  there.wall = here.wall + 23h;  // a day after the full handshake
  CHECK_FALSE(theirs->open(ticket));

  there.wall = here.wall;
  keys.trust = "another";
  CHECK_FALSE((*TicketIssuer::with_keys(keys, false, [] { return there; }))->open(ticket));
  keys.trust = "one";
  CHECK_FALSE((*TicketIssuer::with_keys(keys, true, [] { return there; }))->open(ticket));
  keys.keys.insert(keys.keys.begin(), Secret(Bytes(32, 8)));  // newer
  const auto newer = *TicketIssuer::with_keys(keys, false, [] { return there; });
  CHECK(newer->open(ticket));
  CHECK_FALSE(ours->open(Issued(*newer, there).ticket));
}
