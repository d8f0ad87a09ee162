// The client's store and the server's issuer by themselves.
#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

Ticket ticket_of(std::uint8_t number) {
  Ticket ticket;
  ticket.identity = {number};
  ticket.psk = Secret(Bytes(32, number));
  ticket.cipher_suite = aes_128;
  ticket.lifetime = std::chrono::hours(1);
  ticket.received = ticket_time();
  ticket.authenticated_at = now_by_both_clocks();
  ticket.valid_until = in_hours(1);
  return ticket;
}

int number_of(const std::shared_ptr<const Ticket>& ticket) {
  return ticket ? ticket->identity[0] : -1;
}

TicketContent content_of(std::uint16_t suite) {
  TicketContent content;
  content.cipher_suite = suite;
  content.valid_until = in_hours(3);
  content.authenticated_at = now_by_both_clocks();
  content.peer = "CN=client";
  content.client_certificate = Bytes(700, 0x42);
  return content;
}

/// The ticket within a NewSessionTicket message.
Bytes ticket_in(const Bytes& message) {
  const std::size_t nonce = 4 + 8;
  const std::size_t length = nonce + 1 + message[nonce];
  const std::size_t size = std::size_t{message[length]} << 8 | message[length + 1];
  const ByteView whole(message);
  CHECK(length + 2 + size + 2 == message.size());
  return bytes_of(whole.subspan(length + 2, size));
}

}  // namespace

TEST_CASE("the newest ticket is taken first, and the last stays") {
  TicketStore store;
  CHECK(store.take("a") == nullptr);
  for (std::uint8_t i = 1; i <= 3; ++i) {
    store.put("a", ticket_of(i));
  }
  CHECK(number_of(store.take("a")) == 3);
  CHECK(number_of(store.take("a")) == 2);
  CHECK(number_of(store.take("a")) == 1);
  CHECK(number_of(store.take("a")) == 1);
  store.put("a", ticket_of(9));
  CHECK(number_of(store.take("a")) == 9);
  CHECK(number_of(store.take("a")) == 1);
  CHECK(store.take("b") == nullptr);
  store.forget("a");
  CHECK(store.take("a") == nullptr);
  store.forget("a");
}

TEST_CASE("a target keeps so many tickets, the oldest makes room") {
  TicketStore store;
  const int extra = 3;
  for (int i = 0; i < static_cast<int>(TicketStore::per_target) + extra; ++i) {
    store.put("a", ticket_of(static_cast<std::uint8_t>(i)));
  }
  for (int i = static_cast<int>(TicketStore::per_target) + extra - 1; i >= extra; --i) {
    CHECK(number_of(store.take("a")) == i);
  }
  CHECK(number_of(store.take("a")) == extra);
}

TEST_CASE("there are so many targets, and the new one is always kept") {
  TicketStore store;
  const std::size_t count = TicketStore::max_targets + 50;
  for (std::size_t i = 0; i < count; ++i) {
    store.put(std::to_string(i), ticket_of(1));
    CHECK(store.take(std::to_string(i)));
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    kept += store.take(std::to_string(i)) ? 1U : 0U;
  }
  CHECK(kept == TicketStore::max_targets);
}

TEST_CASE("tickets that are too old, of the future, or of an expired certificate are dropped") {
  TicketStore store;
  store.put("a", ticket_of(1));
  Ticket old = ticket_of(2);
  old.received -= 3'600'000;
  store.put("a", std::move(old));
  Ticket future = ticket_of(3);
  future.received += 60'000;
  store.put("a", std::move(future));
  Ticket expired = ticket_of(4);
  expired.valid_until = x509::now();
  store.put("a", std::move(expired));
  CHECK(number_of(store.take("a")) == 1);
  Ticket only = ticket_of(5);
  only.lifetime = std::chrono::seconds(0);
  store.put("b", std::move(only));
  CHECK(store.take("b") == nullptr);
}

TEST_CASE("a ticket says again what was put into it") {
  for (const std::uint16_t suite : {aes_128, aes_256, chacha20}) {
    TicketIssuer issuer;
    const Bytes master(hash_size(*suite_hash(suite)), 5);
    const auto message = issuer.issue(content_of(suite), master);
    REQUIRE(message);
    CHECK(is_new_session_ticket(ByteView(*message).subspan(4)));
    CHECK((*message)[0] == new_session_ticket);
    const Bytes ticket = ticket_in(*message);
    // No byte of it is readable.
    const auto within =
        std::search(ticket.begin(), ticket.end(), as_bytes("CN=client").begin(), as_bytes("CN=client").end());
    CHECK(within == ticket.end());
    const auto content = issuer.open(ticket);
    REQUIRE(content);
    CHECK(content->cipher_suite == suite);
    CHECK(content->peer == "CN=client");
    CHECK(content->client_certificate == Bytes(700, 0x42));
    CHECK(content->valid_until == content_of(suite).valid_until);
    CHECK(content->created <= ticket_time());
    CHECK(content->created > ticket_time() - 60'000);
    const ByteView nonce = ByteView(*message).subspan(13, (*message)[12]);
    CHECK(bytes_of(content->psk.view()) ==
          bytes_of(resumption_psk(*suite_hash(suite), master, nonce).view()));
  }
}

TEST_CASE("no two tickets are alike") {
  TicketIssuer issuer;
  const Bytes master(32, 5);
  const auto one = issuer.issue(content_of(aes_128), master);
  const auto other = issuer.issue(content_of(aes_128), master);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(ticket_in(*one) != ticket_in(*other));
  CHECK(bytes_of(issuer.open(ticket_in(*one))->psk.view()) !=
        bytes_of(issuer.open(ticket_in(*other))->psk.view()));
}

TEST_CASE("a ticket with any byte changed, cut, longer or of another issuer is nothing") {
  TicketIssuer issuer;
  TicketIssuer other;
  const Bytes ticket = ticket_in(*issuer.issue(content_of(aes_128), Bytes(32, 5)));
  REQUIRE(other.issue(content_of(aes_128), Bytes(32, 5)));
  REQUIRE(issuer.open(ticket));
  CHECK_FALSE(other.open(ticket));
  CHECK_FALSE(TicketIssuer().open(ticket));
  for (std::size_t at = 0; at < ticket.size(); ++at) {
    for (const unsigned change : {1U, 0x80U, 0xffU}) {
      Bytes damaged = ticket;
      damaged[at] ^= static_cast<std::uint8_t>(change);
      CHECK_FALSE(issuer.open(damaged));
    }
    CHECK_FALSE(issuer.open(ByteView(ticket).first(at)));
  }
  CHECK_FALSE(issuer.open(join({ticket, Bytes{0}})));
  CHECK(issuer.open(ticket));
}

TEST_CASE("what does not fit into a ticket makes none") {
  TicketIssuer issuer;
  TicketContent large = content_of(aes_128);
  large.client_certificate = Bytes(70'000, 1);
  CHECK_FALSE(issuer.issue(std::move(large), Bytes(32, 5)));
  TicketContent named = content_of(aes_128);
  named.peer = std::string(70'000, 'x');
  CHECK_FALSE(issuer.issue(std::move(named), Bytes(32, 5)));
  CHECK_FALSE(issuer.issue(content_of(0xc02c), Bytes(32, 5)));
}

TEST_CASE("a lifetime of zero is not kept, one of years is cut to a day") {
  TicketStore store;
  const auto bank = [&](std::uint32_t lifetime) {
    TicketBank::Parts parts;
    parts.store = &store;
    parts.target = "a";
    parts.cipher_suite = aes_128;
    parts.resumption_master_secret = secret_of(aes_128, 1);
    parts.valid_until = in_hours(1);
    parts.authenticated_at = now_by_both_clocks();
    Bytes body{0, 0, 0, 0, 9, 9, 9, 9, 1, 7, 0, 1, 8, 0, 0};
    for (std::size_t i = 0; i < 4; ++i) {
      body[i] = static_cast<std::uint8_t>(lifetime >> (24 - 8 * i));
    }
    CHECK(TicketBank(std::move(parts)).receive(body));
  };
  bank(0);
  CHECK(store.take("a") == nullptr);
  bank(0xffffffff);
  CHECK(is_about_a_day(store.take("a")->lifetime));
  bank(60);
  CHECK(store.take("a")->lifetime == std::chrono::seconds(60));
}

TEST_CASE("threads share stores, issuers and contexts" * doctest::test_suite("threads")) {
  const Service service;
  std::atomic<int> wrong{0};
  std::atomic<int> resumptions{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      TicketStore& store = *service.client->ticket_store();
      TicketIssuer& issuer = *service.server->ticket_issuer();
      for (int i = 0; i < 8; ++i) {
        Pair pair = service.connect();
        wrong += pair.established() ? 0 : 1;
        resumptions += pair.established() && pair.client->info().resumed ? 1 : 0;
        for (int j = 0; j < 50; ++j) {
          const auto message = issuer.issue(content_of(aes_128), Bytes(32, 5));
          wrong += message && issuer.open(ticket_in(*message)) ? 0 : 1;
          const std::string target = std::to_string((t + j) % 3);
          store.put(target, ticket_of(static_cast<std::uint8_t>(j)));
          static_cast<void>(store.take(target));
          if (j % 10 == 0) {
            store.forget(target);
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  CHECK(resumptions >= 4 * 8 - 4 * 2);
}
