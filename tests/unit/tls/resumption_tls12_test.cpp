// Sessions of TLS 1.2 are resumed by tickets (RFC 5077) under the rules of TLS 1.3's, and only with the
// extended master secret (RFC 7627).
#include <doctest/doctest.h>
#include <mbedtls/ssl.h>

#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

Service old_gateway() {
  return Service(client_options(), only(server_options(), TlsVersion::tls12));
}

/// One connection of TLS 1.2 that works: was it resumed?
bool resumed_in_tls12(const Service& service) {
  Pair pair = service.connect();
  if (!pair.established()) {
    MESSAGE((pair.client->failure() ? pair.client->failure()->message : "no failure of the client's")
            << ", " << (pair.server->failure() ? pair.server->failure()->message : "none of the server's"));
  }
  const bool result = resumed(pair);
  CHECK(pair.client->info().version == TlsVersion::tls12);
  CHECK(pair.client->info().peer == "CN=server");
  CHECK(pair.server->info().peer == "CN=client");
  CHECK(pair.client->info().cipher_suite == pair.server->info().cipher_suite);
  return result;
}

void set_extended_master_secret(const std::shared_ptr<const Context>& context, bool on) {
  mbedtls_ssl_conf_extended_master_secret(
      const_cast<mbedtls_ssl_config*>(context->config()),
      static_cast<char>(on ? MBEDTLS_SSL_EXTENDED_MS_ENABLED : MBEDTLS_SSL_EXTENDED_MS_DISABLED));
}

}  // namespace

TEST_CASE("TLS 1.2: the second session is resumed, and so on") {
  for (const bool by_client : {true, false}) {
    const Service service(by_client ? only(client_options(), TlsVersion::tls12) : client_options(),
                          by_client ? server_options() : only(server_options(), TlsVersion::tls12));
    for (int i = 0; i < 4; ++i) {
      CHECK(resumed_in_tls12(service) == (i > 0));
    }
    const auto ticket = service.client->ticket_store()->take(service_target);
    REQUIRE(ticket);
    CHECK(ticket->version == TlsVersion::tls12);
    CHECK_FALSE(ticket->is_session_id);
    CHECK(is_about_a_day(ticket->lifetime));
    CHECK(service.client->ticket_store()->take(service_target) == ticket);  // it serves many
  }
}

TEST_CASE("TLS 1.2: a newer ticket replaces all older ones of its gateway") {
  TicketStore store;
  for (const char* which : {"1", "2"}) {
    Ticket ticket;
    ticket.version = TlsVersion::tls12;
    ticket.identity.assign(which, which + 1);
    ticket.lifetime = std::chrono::hours(1);
    ticket.received = ticket_time();
    ticket.authenticated_at = now_by_both_clocks();
    ticket.valid_until = in_hours(1);
    store.put("a", std::move(ticket));
  }
  for (int i = 0; i < 3; ++i) {
    const auto ticket = store.take("a");
    REQUIRE(ticket);
    CHECK(as_text(ticket->identity) == "2");
  }
}

TEST_CASE("TLS 1.2: resumption: false on either side") {
  for (const bool by_client : {true, false}) {
    ContextOptions client = client_options();
    ContextOptions server = only(server_options(), TlsVersion::tls12);
    (by_client ? client : server).resumption = false;
    const Service service(client, server);
    CHECK_FALSE(resumed_in_tls12(service));
    CHECK_FALSE(resumed_in_tls12(service));
  }
}

TEST_CASE("TLS 1.2: other identity or trust, on either side: nothing is resumed") {
  Service service = old_gateway();
  CHECK_FALSE(resumed_in_tls12(service));
  SUBCASE("client") {
    service.client = make_context(client_options());
    CHECK_FALSE(resumed_in_tls12(service));
    CHECK(resumed_in_tls12(service));
  }
  SUBCASE("server: its ticket is unknown, and the next hello offers every version again") {
    service.server = make_context(only(server_options(), TlsVersion::tls12));
    CHECK_FALSE(resumed_in_tls12(service));
    CHECK(service.client->ticket_store()->take(service_target) == nullptr);
    CHECK_FALSE(resumed_in_tls12(service));
    CHECK(resumed_in_tls12(service));
  }
}

TEST_CASE("TLS 1.2: a gateway that has learnt TLS 1.3 is soon spoken to in it") {
  Service service = old_gateway();
  CHECK_FALSE(resumed_in_tls12(service));
  SUBCASE("and kept TLS 1.2") {
    service.server = make_context(server_options());
    CHECK_FALSE(resumed_in_tls12(service));
  }
  SUBCASE("and nothing else: it costs one connection") {
    service.server = make_context(only(server_options(), TlsVersion::tls13));
    CHECK_FALSE(service.connect().established());
  }
  Pair pair = service.connect();
  CHECK_FALSE(resumed(pair));
  CHECK(pair.client->info().version == TlsVersion::tls13);
}

TEST_CASE("TLS 1.2: a client that has no other version keeps the session of any full handshake") {
  Service service(only(client_options(), TlsVersion::tls12));
  CHECK_FALSE(resumed_in_tls12(service));
  service.server = make_context(server_options());
  CHECK_FALSE(resumed_in_tls12(service));
  CHECK(resumed_in_tls12(service));
}

TEST_CASE("TLS 1.2: a session without the extended master secret is never resumed") {
  for (const bool by_client : {true, false}) {
    const Service service = old_gateway();
    set_extended_master_secret(by_client ? service.client : service.server, false);
    CHECK_FALSE(resumed_in_tls12(service));
    CHECK(service.client->ticket_store()->take(service_target) == nullptr);
    CHECK_FALSE(resumed_in_tls12(service));
  }
}

TEST_CASE("TLS 1.2: a session that had the extended master secret is not resumed without it") {
  const Service service = old_gateway();
  CHECK_FALSE(resumed_in_tls12(service));
  SUBCASE("a server that resumes without it is refused") {
    set_extended_master_secret(service.server, false);
    Pair pair = service.connect();
    CHECK(pair.client_status == Status::failed);
    REQUIRE(pair.client->failure());
    CHECK(pair.client->failure()->message ==
          "the gateway resumed a session without the extended master secret that it had (RFC 7627)");
    CHECK(pair.server_status == Status::failed);
    REQUIRE(pair.server->failure());
    CHECK(pair.server->failure()->message.find("handshake_failure") != std::string::npos);
    CHECK(service.client->ticket_store()->take(service_target) == nullptr);
  }
  SUBCASE("a client that asks for it without has to show its certificate") {
    set_extended_master_secret(service.client, false);
    CHECK_FALSE(resumed_in_tls12(service));
  }
}

TEST_CASE("TLS 1.2: a client whose certificate would not pass today has to show one again") {
  const Service service = old_gateway();
  const auto offer = [&](const TicketContent& like, bool certificate) {
    TicketContent content;
    content.cipher_suite = like.cipher_suite;
    content.psk = Secret(like.psk.view());
    content.authenticated_at = now_by_both_clocks();
    content.valid_until = like.valid_until;
    content.peer = "CN=client";
    if (certificate) {
      content.client_certificate = like.client_certificate;
    }
    TicketStore& store = *service.client->ticket_store();
    Ticket ticket = copy_of(*store.take(service_target));
    ticket.identity = service.server->ticket_issuer()->issue_tls12(std::move(content))->ticket;
    store.put(service_target, std::move(ticket));
    Pair pair = service.connect();
    const bool result = resumed(pair);
    // Or the full handshake's session is not kept.
    service.client->ticket_store()->forget(service_target);
    CHECK_FALSE(resumed_in_tls12(service));
    return result;
  };
  CHECK_FALSE(resumed_in_tls12(service));
  const auto kept = [&] { return service.client->ticket_store()->take(service_target); };
  const auto opened = [&] { return *service.server->ticket_issuer()->open(kept()->identity); };
  CHECK(offer(opened(), true));
  CHECK_FALSE(offer(opened(), false));
  TicketContent expired = opened();
  expired.valid_until = x509::now() - std::chrono::seconds(1);
  CHECK_FALSE(offer(expired, true));
}

TEST_CASE("TLS 1.2: a client that is refused is given no ticket") {
  static const authority::Authority other = make_authority("Other CA");
  ContextOptions options = only(server_options(), TlsVersion::tls12);
  options.trust = trust_in(other);
  const Service service(client_options(), options);
  Pair pair = service.connect();
  CHECK(pair.server_status == Status::failed);
  CHECK(service.client->ticket_store()->take(service_target) == nullptr);
}

TEST_CASE("a ticket of one version is worth nothing in the other") {
  Service service;
  Pair pair = service.connect();
  REQUIRE_FALSE(resumed(pair));
  const auto ticket = service.client->ticket_store()->take(service_target);
  REQUIRE(ticket);
  Ticket changed = copy_of(*ticket);
  changed.version = TlsVersion::tls12;
  changed.cipher_suite = MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
  service.client->ticket_store()->put(service_target, std::move(changed));
  CHECK_FALSE(resumed_in_tls12(service));
}
