// Handshakes that end before a certificate is judged: the alert that RFC 8446 asks for is sent, and the
// sentence says what is not in common, or what the peer did.
#include <functional>

#include <doctest/doctest.h>
#include <mbedtls/ssl.h>

#include "client_hello.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr AlertDescription handshake_failure_alert{40};

std::string why(const std::unique_ptr<Engine>& engine) {
  REQUIRE(engine->failure());
  CHECK(engine->failure()->kind == Failure::Kind::handshake_failed);
  return engine->failure()->message;
}

/// A ClientHello with another share of the same group.
Bytes with_share(ByteView hello, ByteView key) {
  const auto shares = extension_of(hello, extension_key_share);
  REQUIRE(shares);
  const auto group = static_cast<std::uint16_t>(number_at(*shares, 2));
  return with_extension(hello, extension_key_share, vector_of(share_of(group, key)));
}

}  // namespace

TEST_CASE(
    "a server without a group in common says so, and sends handshake_failure (RFC 8446 section 4.1.1)") {
  Pair pair(only(with_groups(client_options(), {group_secp384r1}), TlsVersion::tls13),
            only(with_groups(server_options(), {group_x25519}), TlsVersion::tls13));
  const Bytes hello = client_hello(pair);
  ByteView input = hello;
  CHECK(pair.server->handshake(input, pair.to_client) == Status::failed);
  CHECK(why(pair.server) == "no key exchange group in common with the client: compare tls.groups");
  CHECK(drain(pair.to_client) == plain_alert(handshake_failure_alert));
}

TEST_CASE("a server refuses a share that is none of its group with illegal_parameter") {
  const Bytes uncompressed_zero = join({Bytes{4}, Bytes(64)});
  for (const auto& [group, share] : std::vector<std::pair<std::uint16_t, Bytes>>{
           {group_x25519, Bytes(32)},
           {group_x25519, Bytes(31, 9)},
           {group_x25519, Bytes(1, 9)},
           {group_x25519, Bytes(33, 9)},
           {group_x25519, Bytes{}},
           {group_secp256r1, uncompressed_zero},
           {group_secp256r1, Bytes(64, 4)},
           {group_secp256r1, Bytes{}},
           {group_secp256r1, Bytes(1'000, 4)},
       }) {
    const auto& named = group;  // Clang 14 captures no binding
    const auto size = share.size();
    CAPTURE(named);
    CAPTURE(size);
    Pair pair(only(with_groups(client_options(), {group}), TlsVersion::tls13),
              only(server_options(), TlsVersion::tls13));
    const Bytes hello = with_share(client_hello(pair), share);
    ByteView input = hello;
    CHECK(pair.server->handshake(input, pair.to_client) == Status::failed);
    CHECK(why(pair.server)
              .find("the client broke the TLS protocol in the handshake: its share of the key "
                    "exchange is not a valid one") == 0);
    const Bytes sent = drain(pair.to_client);
    CHECK(sent == plain_alert(AlertDescription::illegal_parameter));
  }
}

TEST_CASE("a server without a cipher suite in common says so") {
  for (const auto& [version, ours, theirs, sentence] :
       {std::tuple{TlsVersion::tls13, "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                   "no TLS 1.3 cipher suite in common with the client: compare tls.ciphers"},
        std::tuple{
            TlsVersion::tls12, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "no TLS 1.2 cipher suite in common with the client that fits our key and a common group and "
            "signature algorithm: compare tls.ciphers and tls.groups"}}) {
    ContextOptions client = only(client_options(), version);
    client.ciphers = {find_cipher_suite(theirs)->code_point};
    ContextOptions server = only(server_options(), version);
    server.ciphers = {find_cipher_suite(ours)->code_point};
    Pair pair(std::move(client), std::move(server));
    const Bytes hello = client_hello(pair);
    ByteView input = hello;
    CHECK(pair.server->handshake(input, pair.to_client) == Status::failed);
    CHECK(why(pair.server) == sentence);
    CHECK(drain(pair.to_client) == plain_alert(handshake_failure_alert));
  }
}

TEST_CASE("TLS 1.3: a client that accepts no signature of our key is told as such, and so at its end") {
  static constexpr std::uint16_t rsa_only[] = {MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                               MBEDTLS_TLS1_3_SIG_NONE};
  const auto client = make_context(only(client_options(), TlsVersion::tls13));
  mbedtls_ssl_conf_sig_algs(const_cast<mbedtls_ssl_config*>(client->config()), rsa_only);
  Pair pair(client, make_context(server_options()), "db.example.com", "");
  pair.handshake();
  CHECK(why(pair.server) ==
        "the client accepts no signature that our key (EC secp256r1) can make in TLS 1.3: have it accept "
        "ECDSA "
        "with the "
        "curve and hash of this key, or use another kind of key");
  CHECK(why(pair.client) ==
        "the gateway ended the TLS session: TLS version and cipher suite were agreed upon, so it may "
        "require a "
        "client certificate, or accept no signature of our key; its log says which (alert "
        "handshake_failure)");
}

TEST_CASE("a handshake message comes in pieces of any size, also if the first is less than its header") {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    for (const std::size_t first : {1UL, 2UL, 3UL, 4UL, 5UL}) {
      for (const std::size_t others : {1UL, 3UL, 16'384UL}) {
        CAPTURE(first);
        CAPTURE(others);
        // What is not encrypted of a flight: records up to the first ChangeCipherSpec.
        const auto in_pieces = [&](const Bytes& flight) {
          Bytes wire;
          ByteView rest(flight);
          while (!rest.empty() && rest[0] == 22) {
            const std::size_t size = std::size_t{rest[3]} << 8U | rest[4];
            ByteView content = rest.subspan(5, size);
            std::size_t next = first;
            while (!content.empty()) {
              const ByteView piece = content.first(std::min(next, content.size()));
              content = content.subspan(piece.size());
              wire = join({wire,
                           Bytes{22, rest[1], rest[2], static_cast<std::uint8_t>(piece.size() >> 8U),
                                 static_cast<std::uint8_t>(piece.size())},
                           piece});
              next = others;
            }
            rest = rest.subspan(5 + size);
          }
          return join({wire, rest});
        };
        Pair pair(only(client_options(), version), only(server_options(), version));
        Bytes wire = in_pieces(client_hello(pair));
        ByteView input = wire;
        REQUIRE(pair.server->handshake(input, pair.to_client) == Status::want_input);
        wire = in_pieces(drain(pair.to_client));
        input = wire;
        pair.client_status = pair.client->handshake(input, pair.to_server);
        REQUIRE(pair.client_status != Status::failed);
        wire = version == TlsVersion::tls12 ? in_pieces(drain(pair.to_server)) : drain(pair.to_server);
        input = wire;
        pair.server_status = pair.server->handshake(input, pair.to_client);
        REQUIRE(pair.server_status == Status::established);
        if (pair.client_status == Status::want_input) {
          wire = drain(pair.to_client);
          input = wire;
          pair.client_status = pair.client->handshake(input, pair.to_server);
        }
        CHECK(pair.established());
      }
    }
  }
}

TEST_CASE("an empty piece of a handshake message is refused") {
  Pair pair;
  const Bytes hello = client_hello(pair);
  const Bytes wire = join({Bytes{22, 3, 1, 0, 0}, hello});
  ByteView input = wire;
  CHECK(pair.server->handshake(input, pair.to_client) == Status::failed);
  CHECK(drain(pair.to_client) == plain_alert(AlertDescription::decode_error));
}

TEST_CASE("a handshake message beyond 128 KiB is refused by its header, before it comes") {
  for (const auto& [size, refused] : {std::pair{0x1fffcU, false}, std::pair{0x1fffdU, true}}) {
    Pair pair;
    const Bytes wire{22,
                     3,
                     1,
                     0,
                     4,
                     1,
                     static_cast<std::uint8_t>(size >> 16U),
                     static_cast<std::uint8_t>(size >> 8U),
                     static_cast<std::uint8_t>(size)};
    ByteView input = wire;
    CHECK(pair.server->handshake(input, pair.to_client) == (refused ? Status::failed : Status::want_input));
    if (refused) {
      CHECK(why(pair.server).find("a handshake message of the client is longer than 128 KiB") == 0);
      CHECK(drain(pair.to_client) == plain_alert(AlertDescription::illegal_parameter));
    }
  }
}

TEST_CASE("alerts in an open session are not told as those of a handshake") {
  for (const Role role : roles) {
    for (const std::uint8_t description : Bytes{40, 70, 71, 112, 120}) {
      Duel duel(role);
      REQUIRE(duel.end.receive(duel.forger.data(as_bytes("words"))) == Status::want_input);
      CHECK(duel.end.receive(duel.forger.alert(2, AlertDescription{description})) == Status::failed);
      REQUIRE(duel.end->failure());
      CHECK(duel.end->failure()->kind == Failure::Kind::peer_alert);
      const std::string expected =
          fmt::format("the {} ended the open TLS session: its log says why (alert {})",
                      role == Role::client ? "gateway" : "client", alert_name(description));
      CHECK(duel.end->failure()->message == expected);
    }
  }
}
