// Which sessions are resumed, and as whom.
#include <doctest/doctest.h>

#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

ContextOptions with_suite(ContextOptions options, std::uint16_t suite) {
  options.ciphers = {suite};
  return options;
}

bool resumed_now(const Service& service) {
  Pair pair = service.connect();
  return resumed(pair);
}

}  // namespace

TEST_CASE("the second session is resumed, with the same names, and so on from ticket to ticket") {
  const Service service;
  for (int i = 0; i < 5; ++i) {
    Pair pair = service.connect();
    CHECK(resumed(pair) == (i > 0));
    CHECK(pair.client->info().peer == "CN=server");
    CHECK(pair.server->info().peer == "CN=client");
    CHECK(pair.client->info().cipher_suite == pair.server->info().cipher_suite);
    CHECK(pair.client->info().version == TlsVersion::tls13);
  }
}

TEST_CASE("sessions of every suite are resumed under the same suite") {
  for (const std::uint16_t suite : {aes_128, aes_256, chacha20}) {
    const Service service(with_suite(client_options(), suite));
    for (const bool expected : {false, true, true}) {
      Pair pair = service.connect();
      CHECK(resumed(pair) == expected);
      CHECK(pair.server->info().cipher_suite == find_cipher_suite(suite)->name);
    }
  }
}

TEST_CASE("a full handshake gives two tickets, a resumed one a further one") {
  const Service service;
  resumed_now(service);
  TicketStore& store = *service.client->ticket_store();
  const auto second = store.take(service_target);
  const auto first = store.take(service_target);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->identity != second->identity);
  CHECK(bytes_of(first->psk.view()) != bytes_of(second->psk.view()));
  CHECK(first->age_add != second->age_add);
  CHECK(is_about_a_day(first->lifetime));
  CHECK(first->peer == "CN=server");
  CHECK(first->valid_until > x509::now());
  CHECK(store.take(service_target) == first);  // the last stays
  CHECK(resumed_now(service));
  CHECK(store.take(service_target) != first);
}

TEST_CASE("resumption: false on either side") {
  SUBCASE("client") {
    ContextOptions options = client_options();
    options.resumption = false;
    const Service service(options);
    CHECK(service.client->ticket_store() == nullptr);
    CHECK_FALSE(resumed_now(service));
    CHECK_FALSE(resumed_now(service));
  }
  SUBCASE("server") {
    ContextOptions options = server_options();
    options.resumption = false;
    const Service service(client_options(), options);
    CHECK(service.server->ticket_issuer() == nullptr);
    CHECK_FALSE(resumed_now(service));
    CHECK_FALSE(resumed_now(service));
    CHECK(service.client->ticket_store()->take(service_target) == nullptr);
  }
  SUBCASE("switched off at the server after tickets were given") {
    Service service;
    CHECK_FALSE(resumed_now(service));
    ContextOptions options = server_options();
    options.resumption = false;
    service.server = make_context(options);
    CHECK_FALSE(resumed_now(service));
  }
}

TEST_CASE("a ticket is for one address and one name") {
  const Service service;
  CHECK_FALSE(resumed_now(service));
  Pair other_address = service.connect(service_name, "192.0.2.2:5432");
  CHECK_FALSE(resumed(other_address));
  Pair other_name = service.connect("127.0.0.1", service_address);
  CHECK_FALSE(resumed(other_name));
  Pair no_address = service.connect(service_name, "");
  CHECK_FALSE(resumed(no_address));
  CHECK(resumed_now(service));
}

TEST_CASE("other identity or trust, on either side: nothing is resumed") {
  Service service;
  CHECK_FALSE(resumed_now(service));
  SUBCASE("client") {
    service.client = make_context(client_options());
    CHECK_FALSE(resumed_now(service));
    CHECK(resumed_now(service));
  }
  SUBCASE("server") {
    service.server = make_context(server_options());
    CHECK_FALSE(resumed_now(service));  // the ticket of the old one is offered, and not understood
    CHECK(resumed_now(service));
  }
  SUBCASE("server that does not trust the client any more") {
    static const authority::Authority other = make_authority("Other CA");
    ContextOptions options = server_options();
    options.trust = trust_in(other);
    service.server = make_context(options);
    Pair pair = service.connect();
    CHECK(pair.server_status == Status::failed);
    CHECK(pair.server->failure()->kind == Failure::Kind::verify_failed);
  }
}

TEST_CASE("a server that has gone back to TLS 1.2 costs its tickets one connection") {
  Service service;
  CHECK_FALSE(resumed_now(service));
  service.server = make_context(only(server_options(), TlsVersion::tls12));
  // mbedTLS offers no TLS 1.2 with a ticket of TLS 1.3.
  CHECK_FALSE(service.connect().established());
  Pair pair = service.connect();
  CHECK_FALSE(resumed(pair));
  CHECK(pair.client->info().peer == "CN=server");
  CHECK(pair.server->info().peer == "CN=client");
}

TEST_CASE("resumption goes on after a HelloRetryRequest") {
  ContextOptions server = server_options();
  server.groups = {find_named_group("secp384r1")->code_point};
  const Service service(client_options(), server);
  CHECK_FALSE(resumed_now(service));
  CHECK(resumed_now(service));
}

TEST_CASE("ALPN is agreed on anew in a resumed session") {
  ContextOptions client = client_options();
  client.alpn = {"postgresql"};
  ContextOptions server = server_options();
  server.alpn = {"redis", "postgresql"};
  const Service service(client, server);
  for (const bool expected : {false, true}) {
    Pair pair = service.connect();
    CHECK(resumed(pair) == expected);
    CHECK(pair.client->info().alpn == "postgresql");
    CHECK(pair.server->info().alpn == "postgresql");
  }
}

TEST_CASE("a client without certificate resumes only where it may have none") {
  ContextOptions client = client_options();
  client.identity = nullptr;
  for (const PeerCertificate policy : {PeerCertificate::optional, PeerCertificate::none}) {
    ContextOptions server = server_options();
    server.peer_certificate = policy;
    const Service service(client, server);
    CHECK_FALSE(resumed_now(service));
    Pair pair = service.connect();
    CHECK(resumed(pair));
    CHECK(pair.server->info().peer.empty());
    CHECK(pair.client->info().peer == "CN=server");
  }
}

TEST_CASE("any chunking of a resumed handshake and its tickets works") {
  const Service service;
  CHECK_FALSE(resumed_now(service));
  for (const std::size_t chunk : {1UL, 3UL, 100UL}) {
    Pair pair(service.client, service.server, service_name, service_address);
    pair.handshake(chunk);
    CHECK(resumed(pair));
  }
}
