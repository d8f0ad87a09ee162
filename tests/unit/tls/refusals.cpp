// Who is refused, by whom, with which words.
#include <doctest/doctest.h>

#include "pair.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// Hands the client what the server has sent after the client's handshake: alerts of TLS 1.3.
void read_on(Pair& pair) {
  Buffer plaintext;
  open_all(*pair.client, pair.to_client, plaintext, pair.to_server);
}

const Failure& failure(const std::unique_ptr<Engine>& engine) {
  REQUIRE(engine->failure());
  return *engine->failure();
}

constexpr TlsVersion both_versions[] = {TlsVersion::tls12, TlsVersion::tls13};

}  // namespace

TEST_CASE("a server of another authority is refused and told") {
  static const authority::Authority other = make_authority("Other CA");
  for (const TlsVersion version : both_versions) {
    ContextOptions server = only(server_options(), version);
    server.identity = make_identity(server_request(), other);
    Pair pair(client_options(), std::move(server));
    pair.handshake();
    CHECK(pair.client_status == Status::failed);
    CHECK(failure(pair.client).kind == Failure::Kind::verify_failed);
    CHECK(failure(pair.client)
              .message.starts_with(
                  "the gateway's certificate is issued by CN=Other CA, which trust.ca does not contain"));
    CHECK(failure(pair.server).kind == Failure::Kind::handshake_failed);
    CHECK(failure(pair.server).message ==
          "the client refused our certificate (CN=server, issued by CN=Other CA): it does not trust the "
          "issuer (alert "
          "unknown_ca)");
  }
}

TEST_CASE("a server with another name is refused") {
  for (const TlsVersion version : both_versions) {
    Pair pair(client_options(), only(server_options(), version), "other.example.com");
    pair.handshake();
    CHECK(pair.client_status == Status::failed);
    CHECK(failure(pair.client).kind == Failure::Kind::verify_failed);
    CHECK(failure(pair.client)
              .message.starts_with("name other.example.com is not in the gateway's certificate; it has "
                                   "db.example.com, 127.0.0.1"));
    CHECK(pair.server_status == Status::failed);
  }
}

TEST_CASE("a numeric address is verified against the iPAddress entries") {
  Pair good(client_options(), server_options(), "127.0.0.1");
  good.handshake();
  CHECK(good.established());
  Pair bad(client_options(), server_options(), "127.0.0.2");
  bad.handshake();
  CHECK(failure(bad.client).kind == Failure::Kind::verify_failed);
}

TEST_CASE("a client without a certificate is refused where one is required") {
  for (const TlsVersion version : both_versions) {
    ContextOptions client = client_options();
    client.identity = nullptr;
    Pair pair(std::move(client), only(server_options(), version));
    pair.handshake();
    CHECK(pair.server_status == Status::failed);
    CHECK(failure(pair.server).kind == Failure::Kind::verify_failed);
    CHECK(failure(pair.server).message == "the client presented no certificate");
    CHECK(failure(pair.server).verify_reason == to_string(trust::VerifyReason::no_certificate));
    read_on(pair);
    CHECK(failure(pair.client).kind == Failure::Kind::client_certificate_refused);
    CHECK(failure(pair.client).message ==
          "the gateway requires a client certificate issued by an authority it trusts, and none was "
          "presented (alert "
          "certificate_required)");
  }
}

TEST_CASE("a client of another authority is refused, even where a certificate is optional") {
  static const authority::Authority other = make_authority("Other CA");
  for (const PeerCertificate policy : {PeerCertificate::required, PeerCertificate::optional}) {
    for (const TlsVersion version : both_versions) {
      ContextOptions client = client_options();
      client.identity = make_identity(client_request(), other);
      ContextOptions server = only(server_options(), version);
      server.peer_certificate = policy;
      Pair pair(std::move(client), std::move(server));
      pair.handshake();
      CHECK(pair.server_status == Status::failed);
      CHECK(failure(pair.server).kind == Failure::Kind::verify_failed);
      CHECK(failure(pair.server)
                .message.starts_with(
                    "the client's certificate is issued by CN=Other CA, which trust.ca does not contain"));
      read_on(pair);
      CHECK(failure(pair.client).kind == Failure::Kind::client_certificate_refused);
    }
  }
}

TEST_CASE("a client without a certificate is let in where it is optional or not asked for") {
  for (const PeerCertificate policy : {PeerCertificate::optional, PeerCertificate::none}) {
    for (const TlsVersion version : both_versions) {
      ContextOptions client = client_options();
      client.identity = nullptr;
      ContextOptions server = only(server_options(), version);
      server.peer_certificate = policy;
      Pair pair(std::move(client), std::move(server));
      pair.handshake();
      CHECK(pair.established());
      CHECK(pair.server->info().peer.empty());
    }
  }
}

TEST_CASE("no version, suite or protocol in common is said in words") {
  SUBCASE("version") {
    Pair pair(only(client_options(), TlsVersion::tls13), only(server_options(), TlsVersion::tls12));
    pair.handshake();
    CHECK(failure(pair.client).kind == Failure::Kind::handshake_failed);
    CHECK(failure(pair.client).message ==
          "the gateway ended the TLS session: no TLS version, cipher suite, group or signature algorithm in "
          "common (a gateway whose only certificate is Ed25519, RSA-PSS or brainpool has none that persona "
          "uses), "
          "or a client certificate is required (alert handshake_failure)");
  }
  SUBCASE("suite") {
    ContextOptions client = only(client_options(), TlsVersion::tls13);
    client.ciphers = {find_cipher_suite("TLS_AES_128_GCM_SHA256")->code_point};
    ContextOptions server = only(server_options(), TlsVersion::tls13);
    server.ciphers = {find_cipher_suite("TLS_AES_256_GCM_SHA384")->code_point};
    Pair pair(std::move(client), std::move(server));
    pair.handshake();
    CHECK(failure(pair.client).kind == Failure::Kind::handshake_failed);
    CHECK(failure(pair.client).message.find("(alert handshake_failure)") != std::string::npos);
  }
}

TEST_CASE("what does not speak TLS is quoted, and cannot forge a line") {
  Pair pair;
  ByteView none;
  REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
  ByteView answer = as_bytes("SSH-\n\x1b[2J not TLS");
  CHECK(pair.client->handshake(answer, pair.to_server) == Status::failed);
  CHECK(failure(pair.client).message ==
        "the gateway does not speak TLS here: its first bytes are \"SSH-\\x0a\"");
}

TEST_CASE("random bytes never make a session") {
  std::uint32_t state = 1;
  for (int i = 0; i < 500; ++i) {
    Bytes noise(static_cast<std::size_t>(i) % 97 + 1);
    for (auto& byte : noise) {
      state = state * 1'664'525 + 1'013'904'223;
      byte = static_cast<std::uint8_t>(state >> 24);
    }
    if (i % 2 == 0) {
      const std::uint8_t header[] = {0x16, 0x03, 0x03, 0x00, static_cast<std::uint8_t>(noise.size())};
      noise.insert(noise.begin(), std::begin(header), std::end(header));
    }
    Pair pair;
    ByteView input = noise;
    Buffer output;
    CHECK(pair.server->handshake(input, output) != Status::established);
  }
}
