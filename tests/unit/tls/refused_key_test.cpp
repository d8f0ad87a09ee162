// A leaf whose key must not be used: the handshake ends before its key is, and the peer can read why.
#include <doctest/doctest.h>
#include <mbedtls/ssl.h>

#include "../../forge/raw_peer.hpp"
#include "pair.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;
using support::Exponent;
using support::ForgedKey;
using support::RawPeer;

namespace {

constexpr std::pair<TlsVersion, mbedtls_ssl_protocol_version> versions[] = {
    {TlsVersion::tls12, MBEDTLS_SSL_VERSION_TLS1_2}, {TlsVersion::tls13, MBEDTLS_SSL_VERSION_TLS1_3}};

/// A leaf with a long exponent, by a CA, and the private key that would go with the usual exponent.
struct Scene {
  explicit Scene(const support::Forgery& what) {
    ForgedKey costly(Exponent::as_long_as_the_modulus);
    ForgedKey ca_key;
    const std::string ca = support::forge(support::ca("CN=CA", "CN=CA"), ca_key, ca_key);
    REQUIRE(chain.append_der(support::forge_der(what, costly, ca_key)));
    trust = trust::TrustStore::from_pem({.ca = ca}).value();
  }

  ForgedKey key = ForgedKey(Exponent::usual);
  x509::CertificateList chain;
  std::shared_ptr<const trust::TrustStore> trust;
};

std::size_t size_of_record(ByteView waiting) {
  REQUIRE(waiting.size() > 5);
  return 5U + (std::size_t{waiting[3]} << 8U | waiting[4]);
}

std::size_t count_records(ByteView waiting) {
  std::size_t count = 0;
  for (; !waiting.empty(); ++count) {
    waiting = waiting.subspan(size_of_record(waiting));
  }
  return count;
}

constexpr const char* refusal =
    "would take too long to use: CN=x (RSA 8192 with a public exponent of 8192 bits), issued by CN=CA";

void check_refused(const Engine& engine) {
  REQUIRE(engine.failure());
  CHECK(engine.failure()->kind == Failure::Kind::verify_failed);
  CHECK(engine.failure()->verify_reason == "weak_key");
  CHECK(engine.failure()->message.find(refusal) != std::string::npos);
}

}  // namespace

TEST_CASE("a client's key that costs too much is refused before it is used, and the client can read why") {
  Scene scene(support::client("CN=x", "CN=CA"));
  for (const auto& [ours, theirs] : versions) {
    const auto& version = theirs;  // Clang 14 captures no binding
    CAPTURE(version);
    ContextOptions options = server_options();
    options.min_version = options.max_version = ours;
    options.trust = scene.trust;
    const auto server = Engine::create(make_context(std::move(options)), "").value();
    RawPeer client(RawPeer::Role::client, scene.chain, scene.key, theirs);
    Buffer to_client;
    Buffer to_server;
    Status status = Status::want_input;
    for (int round = 0; round < 10 && status == Status::want_input; ++round) {
      const int code = client.step(to_client, to_server);
      REQUIRE(code == MBEDTLS_ERR_SSL_WANT_READ);
      // A record at a time, so that it is seen which of them ends the handshake.
      while (!to_server.empty() && status == Status::want_input) {
        const std::size_t size = size_of_record(to_server.view());
        ByteView record = to_server.view().first(size);
        status = server->handshake(record, to_client);
        to_server.consume(size);
      }
    }
    CHECK(status == Status::failed);
    // What follows Certificate still waits: ClientKeyExchange and ChangeCipherSpec in TLS 1.2, in both
    // CertificateVerify and Finished.
    CHECK(count_records(to_server.view()) == (ours == TlsVersion::tls12 ? 4 : 2));
    check_refused(*server);
    CHECK(client.step(to_client, to_server) == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  }
}

TEST_CASE("a server's key that costs too much is refused before it is used") {
  support::Forgery what = support::client("CN=x", "CN=CA");
  what.extended_usage.clear();
  Scene scene(what);
  for (const auto& [ours, theirs] : versions) {
    const auto& version = theirs;  // Clang 14 captures no binding
    CAPTURE(version);
    ContextOptions options = client_options();
    options.min_version = options.max_version = ours;
    options.trust = scene.trust;
    const auto client = Engine::create(make_context(std::move(options)), "db.example.com").value();
    RawPeer server(RawPeer::Role::server, scene.chain, scene.key, theirs);
    Buffer to_client;
    Buffer to_server;
    ByteView none;
    Status status = client->handshake(none, to_server);
    for (int round = 0; round < 10 && status == Status::want_input; ++round) {
      REQUIRE(server.step(to_server, to_client) == MBEDTLS_ERR_SSL_WANT_READ);
      ByteView input = to_client.view();
      status = client->handshake(input, to_server);
      to_client.clear();
    }
    CHECK(status == Status::failed);
    check_refused(*client);
    if (ours == TlsVersion::tls12) {  // mbedTLS cannot read the alert that it sends in TLS 1.3: see
                                      // Ssl::unprotected_alert
      CHECK(server.step(to_server, to_client) == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    }
  }
}
