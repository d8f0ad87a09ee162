#include <doctest/doctest.h>

#include "pair.hpp"
#include "persona/tls/record.hpp"
#include "samples.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

Pair pair_of(TlsVersion version) {
  return Pair(only(client_options(), version), only(server_options(), version));
}

std::string failure_of(const Engine& engine) {
  return engine.failure() ? engine.failure()->message : "none";
}

}  // namespace

TEST_CASE("both sides agree on TLS 1.3 and know each other") {
  Pair pair;
  pair.handshake();
  REQUIRE(pair.established());
  CHECK(pair.client->info().version == TlsVersion::tls13);
  CHECK(pair.client->info().cipher_suite.substr(0, 4) == "TLS_");
  CHECK(pair.client->info().cipher_suite == pair.server->info().cipher_suite);
  CHECK(pair.client->info().peer == "CN=server");
  CHECK(pair.server->info().peer == "CN=client");
  CHECK_FALSE(pair.client->info().resumed);
}

TEST_CASE("a server that only speaks TLS 1.2 is served") {
  Pair pair(client_options(), only(server_options(), TlsVersion::tls12));
  pair.handshake();
  REQUIRE(pair.established());
  CHECK(pair.client->info().version == TlsVersion::tls12);
  CHECK(pair.client->info().cipher_suite.find("ECDHE_ECDSA") != std::string_view::npos);
}

TEST_CASE("the suite and ALPN protocol asked for are used") {
  ContextOptions client = client_options();
  client.ciphers = {find_cipher_suite("TLS_CHACHA20_POLY1305_SHA256")->code_point};
  client.groups = {find_named_group("secp384r1")->code_point};
  client.alpn = {"postgresql"};
  ContextOptions server = server_options();
  server.alpn = {"redis", "postgresql"};
  Pair pair(std::move(client), std::move(server));
  pair.handshake();
  REQUIRE(pair.established());
  CHECK(pair.client->info().cipher_suite == "TLS_CHACHA20_POLY1305_SHA256");
  CHECK(pair.client->info().alpn == "postgresql");
  CHECK(pair.server->info().alpn == "postgresql");
}

TEST_CASE("any chunking of the handshake and of records works") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    for (const std::size_t chunk : {1UL, 2UL, 3UL, 7UL, 100UL, 5'000UL}) {
      CAPTURE(chunk);
      Pair pair = pair_of(version);
      pair.handshake(chunk);
      REQUIRE(pair.established());
      const Bytes sent = random_bytes(50'000, 1);
      Buffer wire;
      REQUIRE(pair.client->seal(sent, wire));
      CHECK(wire.size() <= sent.size() + (sent.size() / max_record_plaintext + 1) * (record_overhead + 8));
      Buffer received;
      Buffer reply;
      CHECK(open_all(*pair.server, wire, received, reply, chunk) == Status::want_input);
      CHECK(std::equal(sent.begin(), sent.end(), received.view().begin(), received.view().end()));
      CHECK(reply.empty());
    }
  }
}

TEST_CASE("plaintext that comes with the last handshake bytes is not lost") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    Pair pair = pair_of(version);
    // The client's last flight and its first data reach the server in one piece.
    ByteView none;
    REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
    Status client_status = Status::want_input;
    Status server_status = Status::want_input;
    Buffer reply;
    while (client_status != Status::established) {
      ByteView to_server = pair.to_server.view();
      server_status = pair.server->handshake(to_server, pair.to_client);
      pair.to_server.clear();
      ByteView to_client = pair.to_client.view();
      client_status = pair.client->handshake(to_client, pair.to_server);
      pair.to_client.clear();
      if (version == TlsVersion::tls12 && server_status == Status::established) {
        break;
      }
    }
    if (version == TlsVersion::tls13) {
      REQUIRE(pair.client->seal(as_bytes("first words"), pair.to_server));
      ByteView rest = pair.to_server.view();
      REQUIRE(pair.server->handshake(rest, pair.to_client) == Status::established);
      Buffer plaintext;
      CHECK(pair.server->open(rest, plaintext, reply) == Status::want_input);
      CHECK(as_text(plaintext.view()) == "first words");
    }
  }
}

TEST_CASE("close_notify ends one direction and leaves the other") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    Pair pair = pair_of(version);
    pair.handshake();
    REQUIRE(pair.established());
    Buffer wire;
    REQUIRE(pair.client->seal(as_bytes("last words"), wire));
    pair.client->close_notify(wire);
    const std::size_t size = wire.size();
    pair.client->close_notify(wire);
    CHECK(wire.size() == size);
    CHECK_FALSE(pair.client->seal(as_bytes("too late"), wire));
    Buffer plaintext;
    Buffer reply;
    CHECK(open_all(*pair.server, wire, plaintext, reply) == Status::closed);
    CHECK(as_text(plaintext.view()) == "last words");
    Buffer back;
    REQUIRE(pair.server->seal(as_bytes("return traffic"), back));
    plaintext.clear();
    CHECK(open_all(*pair.client, back, plaintext, reply) == Status::want_input);
    CHECK(as_text(plaintext.view()) == "return traffic");
  }
}

TEST_CASE("a changed byte of a record is a protocol error and is answered by an alert") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    Pair pair = pair_of(version);
    pair.handshake();
    REQUIRE(pair.established());
    Buffer wire;
    REQUIRE(pair.client->seal(as_bytes("secret"), wire));
    Bytes damaged(wire.view().begin(), wire.view().end());
    damaged.back() ^= 1;
    Buffer plaintext;
    Buffer reply;
    CHECK(pair.server->open(damaged, plaintext, reply) == Status::failed);
    CHECK(plaintext.empty());
    CHECK_FALSE(reply.empty());
    REQUIRE(pair.server->failure());
    CHECK(pair.server->failure()->kind == Failure::Kind::protocol_error);
    // The first failure is kept for good.
    CHECK(pair.server->open(wire.view(), plaintext, reply) == Status::failed);
    Buffer nothing;
    CHECK_FALSE(pair.server->seal(as_bytes("x"), nothing));
    CHECK(nothing.empty());
    // And the peer is told in words.
    CHECK(open_all(*pair.client, reply, plaintext, wire) == Status::failed);
    CHECK(failure_of(*pair.client) ==
          "the gateway ended the TLS session: a record was damaged on the way (alert bad_record_mac)");
    CHECK(pair.client->failure()->kind == Failure::Kind::peer_alert);
  }
}

TEST_CASE("abort is no clean end for the peer") {
  Pair pair;
  pair.handshake();
  REQUIRE(pair.established());
  Buffer wire;
  pair.server->abort(wire);
  Buffer plaintext;
  Buffer reply;
  CHECK(open_all(*pair.client, wire, plaintext, reply) == Status::failed);
  CHECK(failure_of(*pair.client) ==
        "the gateway ended the TLS session: it failed for a reason of its own: see its log (alert "
        "internal_error)");
}

TEST_CASE("nothing can be sealed before the peer is verified") {
  Pair pair;
  Buffer wire;
  CHECK_FALSE(pair.client->seal(as_bytes("secret"), wire));
  ByteView none;
  REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
  CHECK_FALSE(pair.client->seal(as_bytes("secret"), wire));
  pair.client->close_notify(wire);
  CHECK(wire.empty());
}
