// A client's and a server's context that connections share, and their tickets.
#pragma once

#include <doctest/doctest.h>
#include <mbedtls/x509_crt.h>

#include "../../support/peer.hpp"
#include "pair.hpp"
#include "persona/tls/tickets.hpp"
#include "persona/x509/time.hpp"
#include "samples.hpp"

namespace persona::tls::test {

inline const std::string service_name = "db.example.com";
inline const std::string service_address = "192.0.2.1:5432";
/// The client's key in its TicketStore.
inline const std::string service_target = service_address + " " + service_name;

struct Service {
  explicit Service(ContextOptions client_side = client_options(),
                   ContextOptions server_side = server_options())
      : client(make_context(std::move(client_side))), server(make_context(std::move(server_side))) {}

  Pair connect(const std::string& name = service_name, const std::string& address = service_address) const {
    Pair pair(client, server, name, address);
    pair.handshake();
    return pair;
  }

  /// Puts a ticket of the server's into the client's store as if its session had been like `content`.
  void plant(TicketContent content, x509::TimePoint client_thinks_until) const {
    const std::uint16_t suite = content.cipher_suite;
    const Bytes master(hash_size(*suite_hash(suite)), 0x33);
    const auto message = server->ticket_issuer()->issue(std::move(content), master);
    REQUIRE(message);
    TicketBank::Parts parts;
    parts.store = client->ticket_store();
    parts.target = service_target;
    parts.cipher_suite = suite;
    parts.resumption_master_secret = Secret(master);
    parts.peer = "CN=server";
    parts.valid_until = client_thinks_until;
    parts.authenticated_at = now_by_both_clocks();
    REQUIRE(TicketBank(std::move(parts)).receive(ByteView(*message).subspan(4)));
  }

  std::shared_ptr<const Context> client;
  std::shared_ptr<const Context> server;
};

inline Ticket copy_of(const Ticket& ticket) {
  Ticket copy;
  copy.version = ticket.version;
  copy.is_session_id = ticket.is_session_id;
  copy.identity = ticket.identity;
  copy.psk = Secret(ticket.psk.view());
  copy.cipher_suite = ticket.cipher_suite;
  copy.age_add = ticket.age_add;
  copy.lifetime = ticket.lifetime;
  copy.received = ticket.received;
  copy.authenticated_at = ticket.authenticated_at;
  copy.peer = ticket.peer;
  copy.valid_until = ticket.valid_until;
  return copy;
}

inline x509::TimePoint in_hours(int hours) {
  return x509::now() + std::chrono::hours(hours);
}

/// Of a ticket's lifetime: a day, less what the test has taken since the full handshake.
inline bool is_about_a_day(std::chrono::seconds lifetime) {
  return lifetime <= std::chrono::hours(24) && lifetime > std::chrono::hours(23);
}

inline Bytes der_of(const std::string& pem) {
  x509::CertificateList list;
  REQUIRE(list.append_pem(pem));
  const auto& raw = list.get()->raw;
  return Bytes(raw.p, raw.p + raw.len);
}

/// Established, both sides of one mind, and data goes both ways.
inline bool resumed(Pair& pair) {
  REQUIRE(pair.established());
  CHECK(pair.client->info().resumed == pair.server->info().resumed);
  for (const bool up : {true, false}) {
    Buffer wire;
    Buffer plaintext;
    Buffer reply;
    REQUIRE((up ? pair.client : pair.server)->seal(as_bytes("words"), wire));
    CHECK(open_all(up ? *pair.server : *pair.client, wire, plaintext, reply) == Status::want_input);
    CHECK(as_text(plaintext.view()) == "words");
  }
  return pair.client->info().resumed;
}

}  // namespace persona::tls::test
