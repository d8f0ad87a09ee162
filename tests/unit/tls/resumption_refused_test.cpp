// Tickets that must not be resumed from, however they came to be offered.
#include <doctest/doctest.h>

#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

const authority::PemPair& client_pem() {
  static const authority::PemPair pem = [] {
    auto made = test_ca().issue(client_request());
    REQUIRE(made);
    return std::move(*made);
  }();
  return pem;
}

/// A ticket's content as a session of the client would have left it.
TicketContent good_content() {
  TicketContent content;
  content.cipher_suite = aes_256;
  content.valid_until = in_hours(1);
  content.authenticated_at = now_by_both_clocks();
  content.peer = "CN=client";
  content.client_certificate = der_of(client_pem().certificate);
  return content;
}

/// Offers a ticket of such a content. True: resumed; false: a full handshake took place.
bool resumes(const Service& service, TicketContent content) {
  service.plant(std::move(content), in_hours(1));
  Pair pair = service.connect();
  const bool result = resumed(pair);
  CHECK(pair.server->info().peer == "CN=client");
  return result;
}

TicketContent with_certificate(authority::IssueRequest request) {
  auto made = test_ca().issue(request);
  REQUIRE(made);
  TicketContent content = good_content();
  content.client_certificate = der_of(made->certificate);
  return content;
}

/// The client's newest ticket, changed.
template <class Change>
void change_ticket(const Service& service, Change change) {
  TicketStore& store = *service.client->ticket_store();
  const auto ticket = store.take(service_target);
  REQUIRE(ticket);
  Ticket changed = copy_of(*ticket);
  change(changed);
  store.forget(service_target);
  store.put(service_target, std::move(changed));
}

}  // namespace

TEST_CASE("a client whose certificate would not pass today has to show one again") {
  const Service service;
  CHECK(resumes(service, good_content()));  // so planting works
  TicketContent expired_chain = good_content();
  expired_chain.valid_until = x509::now() - std::chrono::seconds(1);
  CHECK_FALSE(resumes(service, std::move(expired_chain)));
  authority::IssueRequest expired = client_request();
  expired.valid_from = std::chrono::seconds(-100);
  expired.valid_for = std::chrono::seconds(-10);
  CHECK_FALSE(resumes(service, with_certificate(expired)));
  authority::IssueRequest future = client_request();
  future.valid_from = std::chrono::seconds(1'000);
  future.valid_for = std::chrono::seconds(2'000);
  CHECK_FALSE(resumes(service, with_certificate(future)));
  CHECK_FALSE(resumes(service, with_certificate(server_request())));  // not for clients
  TicketContent garbage = good_content();
  garbage.client_certificate = Bytes(500, 0x30);
  CHECK_FALSE(resumes(service, std::move(garbage)));
}

TEST_CASE("a ticket without a client certificate is not enough where one is required") {
  TicketContent anonymous = good_content();
  anonymous.client_certificate.clear();
  anonymous.peer.clear();
  SUBCASE("a client that has one shows it") {
    const Service service;
    CHECK_FALSE(resumes(service, std::move(anonymous)));
  }
  SUBCASE("a client that has none is refused") {
    ContextOptions options = client_options();
    options.identity = nullptr;
    const Service service(options);
    service.plant(std::move(anonymous), in_hours(1));
    Pair pair = service.connect();
    CHECK(pair.server_status == Status::failed);
    REQUIRE(pair.server->failure());
    CHECK(pair.server->failure()->message == "the client presented no certificate");
  }
}

TEST_CASE("a client does not offer a ticket after the server's certificate has expired") {
  const Service service;
  service.plant(good_content(), x509::now() - std::chrono::seconds(1));
  Pair pair = service.connect();
  CHECK_FALSE(resumed(pair));
}

TEST_CASE("a damaged or foreign ticket falls back to a full handshake") {
  const Service service;
  const Service other;
  Pair first = service.connect();
  CHECK_FALSE(resumed(first));
  const std::size_t size = service.client->ticket_store()->take(service_target)->identity.size();
  for (std::size_t at = 0; at < size; at += size / 12 + 1) {
    change_ticket(service, [&](Ticket& ticket) { ticket.identity[at % ticket.identity.size()] ^= 1; });
    Pair pair = service.connect();
    CHECK_FALSE(resumed(pair));
  }
  change_ticket(service, [](Ticket& ticket) { ticket.identity.resize(1); });
  Pair cut = service.connect();
  CHECK_FALSE(resumed(cut));
  change_ticket(service, [](Ticket& ticket) { ticket.identity.push_back(0); });
  Pair longer = service.connect();
  CHECK_FALSE(resumed(longer));
  Pair foreign = other.connect();
  CHECK_FALSE(resumed(foreign));
  change_ticket(service, [&](Ticket& ticket) {
    ticket.identity = other.client->ticket_store()->take(service_target)->identity;
  });
  Pair offered = service.connect();
  CHECK_FALSE(resumed(offered));
}

TEST_CASE("a stolen ticket without its key is refused, and the next connection does not try it again") {
  const Service service;
  Pair first = service.connect();
  CHECK_FALSE(resumed(first));
  change_ticket(service, [](Ticket& ticket) { ticket.psk = Secret(Bytes(48, 7)); });
  Pair stolen = service.connect();
  CHECK(stolen.server_status == Status::failed);
  CHECK(stolen.server->failure()->kind == Failure::Kind::handshake_failed);
  CHECK(stolen.client_status == Status::failed);
  Pair next = service.connect();
  CHECK_FALSE(resumed(next));
}

TEST_CASE("a ticket whose age does not fit is not resumed from: it may be a replay") {
  const Service service;
  Pair first = service.connect();
  CHECK_FALSE(resumed(first));
  change_ticket(service, [](Ticket& ticket) { ticket.age_add += 60'000; });
  Pair pair = service.connect();
  CHECK_FALSE(resumed(pair));
}

TEST_CASE("a ticket too large to be sent does no harm") {
  const Service service;
  for (const std::size_t size : {1'000UL, 12'000UL, 17'000UL, 65'535UL}) {
    CAPTURE(size);
    TicketBank::Parts parts;
    parts.store = service.client->ticket_store();
    parts.target = service_target;
    parts.cipher_suite = aes_256;
    parts.resumption_master_secret = secret_of(aes_256, 1);
    parts.valid_until = in_hours(1);
    parts.authenticated_at = now_by_both_clocks();
    Bytes body = hex("00000e10 00000000 01 00");
    body.push_back(static_cast<std::uint8_t>(size >> 8));
    body.push_back(static_cast<std::uint8_t>(size));
    body.resize(body.size() + size + 2);
    REQUIRE(TicketBank(std::move(parts)).receive(body));
    Pair pair = service.connect();
    CHECK_MESSAGE(pair.established(), (pair.client->failure() ? pair.client->failure()->message : ""));
  }
}
