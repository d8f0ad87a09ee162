// Records that mbedTLS ignores in a handshake, where they may not come, or come without end.
#include <doctest/doctest.h>

#include "ends.hpp"
#include "tls/record_watch.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

const Bytes ccs_record{20, 3, 3, 0, 1, 1};
const Bytes user_canceled{21, 3, 3, 0, 2, 1, 90};  // a warning
const Bytes unexpected_message{21, 3, 3, 0, 2, 2, 10};

Bytes repeated(const Bytes& record, std::size_t count) {
  Bytes all;
  for (std::size_t i = 0; i < count; ++i) {
    all = join({all, record});
  }
  return all;
}

Bytes taken(Buffer& wire) {
  Bytes all = bytes_of(wire.view());
  wire.clear();
  return all;
}

void prepend(const Bytes& records, Buffer& wire) {
  const Bytes rest = taken(wire);
  wire.append(records);
  wire.append(rest);
}

/// What the engine says of `records` when they come alone, in pieces of `chunk` bytes.
Status after(Engine& engine, const Bytes& records, Buffer& output, std::size_t chunk) {
  ByteView rest(records);
  Status status = Status::want_input;
  while (!rest.empty() && status == Status::want_input) {
    ByteView input = rest.first(std::min(chunk, rest.size()));
    rest = rest.subspan(input.size());
    status = engine.handshake(input, output);
  }
  return status;
}

}  // namespace

TEST_CASE("a change_cipher_spec before the ClientHello is refused (RFC 8446 section 5)") {
  for (const std::size_t chunk : {1UL, 3UL, 6UL}) {
    Pair pair;
    CHECK(after(*pair.server, ccs_record, pair.to_client, chunk) == Status::failed);
    REQUIRE(pair.server->failure());
    CHECK(pair.server->failure()->kind == Failure::Kind::handshake_failed);
    CHECK(pair.server->failure()->message ==
          "the client broke the TLS protocol in the handshake: it sent change_cipher_spec before its "
          "ClientHello (mbedTLS -0x7700)");
    CHECK(taken(pair.to_client) == unexpected_message);
  }
}

TEST_CASE("alerts that are ignored may not come without end before the ClientHello") {
  for (const std::size_t chunk : {1UL, 1'000UL}) {
    Pair pair;
    CHECK(after(*pair.server, repeated(user_canceled, 8), pair.to_client, chunk) == Status::want_input);
    CHECK(pair.to_client.empty());
    CHECK(after(*pair.server, user_canceled, pair.to_client, chunk) == Status::failed);
    REQUIRE(pair.server->failure());
    CHECK(pair.server->failure()->message ==
          "the client broke the TLS protocol in the handshake: it keeps sending records that are no part of "
          "a handshake (change_cipher_spec, alerts) (mbedTLS -0x7700)");
    CHECK(taken(pair.to_client) == unexpected_message);
  }
}

TEST_CASE("a change_cipher_spec of TLS 1.3 is ignored in the handshake, but not any number of them") {
  for (const Role role : roles) {
    for (const std::size_t count : {7UL, 9UL}) {  // the peer sends another one, in its own place
      CAPTURE(count);
      Pair pair(only(client_options(), TlsVersion::tls13), only(server_options(), TlsVersion::tls13));
      ByteView none;
      REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
      const Bytes hello = taken(pair.to_server);
      ByteView input = hello;
      REQUIRE(pair.server->handshake(input, pair.to_client) == Status::want_input);
      if (role == Role::client) {
        prepend(repeated(ccs_record, count), pair.to_client);
      } else {
        REQUIRE(after(*pair.server, repeated(ccs_record, count), pair.to_client, 1'000) ==
                (count < 9 ? Status::want_input : Status::failed));
      }
      pair.handshake();
      CHECK(pair.established() == (count < 9));
      if (count == 9) {
        const auto& failure = (role == Role::client ? pair.client : pair.server)->failure();
        REQUIRE(failure);
        CHECK(failure->message.find("it keeps sending records that are no part of a handshake") !=
              std::string::npos);
      }
    }
  }
}

TEST_CASE("records of an open TLS 1.2 session are not counted") {
  Pair pair(only(client_options(), TlsVersion::tls12), only(server_options(), TlsVersion::tls12));
  pair.handshake();
  REQUIRE(pair.established());
  Buffer plaintext;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(pair.client->seal(as_bytes("words"), pair.to_server));
    REQUIRE(open_all(*pair.server, pair.to_server, plaintext, pair.to_client) == Status::want_input);
  }
  CHECK(plaintext.size() == 100);
}

TEST_CASE("headers are found in whatever pieces records come, and what is incomplete is known") {
  const Bytes wire = join({Bytes{22, 3, 1, 0, 3, 1, 2, 3}, ccs_record, Bytes{23, 3, 3, 0, 0}, user_canceled,
                           Bytes{23, 3, 3, 1, 0, 20, 21}});
  for (std::size_t chunk = 1; chunk <= wire.size(); ++chunk) {
    RecordWatch watch;
    ByteView rest(wire);
    while (!rest.empty()) {
      const ByteView piece = rest.first(std::min(chunk, rest.size()));
      watch.take(piece);
      rest = rest.subspan(piece.size());
    }
    CHECK(watch.empty() == 2);
    CHECK_FALSE(watch.began_without_hello());
    CHECK(watch.held() == 7);
  }
}
