// RSA keys in TLS 1.2, where they sign in two ways: PKCS#1 v1.5 (RFC 5246 section 4.7) and RSASSA-PSS (RFC
// 8446 section 4.2.3). TLS 1.3 has RSASSA-PSS alone.
#include <array>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/ssl.h>

#include "../../forge/fixtures.hpp"
#include "pair.hpp"
#include "service.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

using Algorithm = std::uint16_t;
constexpr Algorithm pkcs1_sha256 = MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256;
constexpr Algorithm pkcs1_sha384 = MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384;
constexpr Algorithm pkcs1_sha512 = MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512;
constexpr Algorithm pss_sha256 = MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256;
constexpr Algorithm pss_sha384 = MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384;
constexpr Algorithm pss_sha512 = MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512;
constexpr Algorithm ecdsa_sha256 = MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256;

// HandshakeType, RFC 5246 section 7.4.
constexpr std::uint8_t server_key_exchange = 12;
constexpr std::uint8_t certificate_verify = 15;

ContextOptions with_rsa(ContextOptions options, const authority::IssueRequest& request) {
  const auto certificate = test_ca().certify(request, fixtures::rsa_certificate);
  REQUIRE(certificate);
  const auto identity = identity::Identity::from_pem(*certificate, fixtures::rsa_key_pkcs8, std::nullopt);
  REQUIRE(identity);
  options.identity = *identity;
  return options;
}

ContextOptions rsa_client() {
  return with_rsa(client_options(), client_request());
}

ContextOptions rsa_server() {
  return with_rsa(server_options(), server_request());
}

/// A context that offers and accepts these algorithms only, in this order; empty: the usual ones.
std::shared_ptr<const Context> accepting(ContextOptions options, const std::vector<Algorithm>& algorithms) {
  // mbedTLS keeps the address, and a context may live longer than a test.
  static std::vector<std::unique_ptr<std::vector<Algorithm>>> lists;
  auto context = make_context(std::move(options));
  if (!algorithms.empty()) {
    auto list = std::make_unique<std::vector<Algorithm>>(algorithms);
    list->push_back(MBEDTLS_TLS1_3_SIG_NONE);
    mbedtls_ssl_conf_sig_algs(const_cast<mbedtls_ssl_config*>(context->config()), list->data());
    lists.push_back(std::move(list));
  }
  return context;
}

/// Where a handshake message begins in records that are not encrypted, each of which holds one message.
std::optional<std::size_t> find_message(ByteView wire, std::uint8_t type) {
  constexpr std::uint8_t handshake = 22;
  std::size_t at = 0;
  while (at + 9 <= wire.size() && wire[at] == handshake) {
    if (wire[at + 5] == type) {
      return at + 5;
    }
    at += 5U + (unsigned{wire[at + 3]} << 8U | wire[at + 4]);
  }
  return std::nullopt;
}

/// Where the algorithm of a signature is: at the beginning of CertificateVerify, behind the public key in
/// ServerKeyExchange (RFC 8422 section 5.4).
std::size_t algorithm_at(ByteView wire, std::size_t message) {
  return message + 4 + (wire[message] == server_key_exchange ? 4U + wire[message + 7] : 0U);
}

/// A handshake, and whoever sits on the wire.
struct Watched {
  Watched(std::shared_ptr<const Context> client_side, std::shared_ptr<const Context> server_side)
      : pair(std::move(client_side), std::move(server_side), service_name, "") {}

  /// `change` gets the wire and the place of a signature's algorithm, before it is delivered.
  template <class Change>
  void run(Change change) {
    const auto deliver = [&](Engine& to, Buffer& wire, Buffer& back, Status status, std::uint8_t type,
                             std::optional<Algorithm>& seen) {
      if (status != Status::want_input) {
        wire.clear();
        return status;
      }
      Bytes bytes(wire.view().begin(), wire.view().end());
      wire.clear();
      if (const auto message = find_message(bytes, type)) {
        const std::size_t at = algorithm_at(bytes, *message);
        seen = static_cast<Algorithm>(bytes[at] << 8 | bytes[at + 1]);
        change(bytes, at, type);
      }
      ByteView rest = bytes;
      return to.handshake(rest, back);
    };
    ByteView none;
    pair.client_status = pair.client->handshake(none, pair.to_server);
    for (int flight = 0; flight < 6; ++flight) {
      pair.server_status = deliver(*pair.server, pair.to_server, pair.to_client, pair.server_status,
                                   certificate_verify, of_client);
      pair.client_status = deliver(*pair.client, pair.to_client, pair.to_server, pair.client_status,
                                   server_key_exchange, of_server);
    }
  }

  void run() {
    run([](Bytes&, std::size_t, std::uint8_t) {});
  }

  Pair pair;
  std::optional<Algorithm> of_client;
  std::optional<Algorithm> of_server;
};

std::string words_of(const Engine& engine) {
  return engine.failure() ? engine.failure()->message : "";
}

std::shared_ptr<const Context> tls12(ContextOptions options, const std::vector<Algorithm>& algorithms = {}) {
  return accepting(only(std::move(options), TlsVersion::tls12), algorithms);
}

ContextOptions with_suite(ContextOptions options, std::string_view suite) {
  options.ciphers = {find_cipher_suite(suite)->code_point};
  return options;
}

}  // namespace

TEST_CASE("RSA keys at both ends, in both versions, whoever is limited to TLS 1.2") {
  struct Versions {
    ContextOptions client;
    ContextOptions server;
    TlsVersion agreed;
  };
  for (auto& [client, server, agreed] : std::array{
           Versions{rsa_client(), rsa_server(), TlsVersion::tls13},
           Versions{rsa_client(), only(rsa_server(), TlsVersion::tls12), TlsVersion::tls12},
           Versions{only(rsa_client(), TlsVersion::tls12), rsa_server(), TlsVersion::tls12},
           Versions{rsa_client(), only(server_options(), TlsVersion::tls12), TlsVersion::tls12},
           Versions{client_options(), only(rsa_server(), TlsVersion::tls12), TlsVersion::tls12},
       }) {
    Pair pair(client, server);
    pair.handshake();
    REQUIRE_MESSAGE(pair.established(), words_of(*pair.client), words_of(*pair.server));
    CHECK(pair.client->info().version == agreed);
    CHECK(pair.client->info().peer == "CN=server");
    CHECK(pair.server->info().peer == "CN=client");
    resumed(pair);  // data goes both ways
  }
}

TEST_CASE("TLS 1.2: a server signs with what the client offers, with PKCS#1 v1.5 where it may") {
  const auto server = tls12(rsa_server());
  for (const auto& [offered, used] : std::vector<std::pair<std::vector<Algorithm>, Algorithm>>{
           {{}, pkcs1_sha512},
           // ECDSA for the client's own signature.
           {{pss_sha512, pkcs1_sha256, ecdsa_sha256}, pkcs1_sha256},
           {{ecdsa_sha256, pss_sha256}, pss_sha256},
           {{pss_sha384, pss_sha256, ecdsa_sha256}, pss_sha384},
           {{pss_sha512, ecdsa_sha256}, pss_sha512},
       }) {
    Watched watched(accepting(client_options(), offered), server);
    watched.run();
    REQUIRE_MESSAGE(watched.pair.established(), words_of(*watched.pair.client));
    CHECK(watched.of_server == used);
  }
}

TEST_CASE("TLS 1.2: a client signs with what the server accepts, as ever where that is accepted") {
  const auto client = accepting(rsa_client(), {});
  for (const auto& [suite, accepted, used] :
       std::vector<std::tuple<const char*, std::vector<Algorithm>, Algorithm>>{
           // As ever: PKCS#1 v1.5, and the hash of the suite.
           {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {}, pkcs1_sha256},
           {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {}, pkcs1_sha384},
           {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {pss_sha256, pkcs1_sha384}, pkcs1_sha384},
           // The server's favourite.
           {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {pss_sha256, pkcs1_sha256}, pss_sha256},
           {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {pkcs1_sha256, pss_sha256}, pkcs1_sha256},
           {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {pss_sha512, pss_sha384}, pss_sha512},
           {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {pss_sha512}, pss_sha512},
           {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {pkcs1_sha512}, pkcs1_sha512},
           {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {ecdsa_sha256, pss_sha256}, pss_sha256},
       }) {
    const auto& chosen = suite;  // Clang 14 captures no binding
    CAPTURE(chosen);
    Watched watched(client, tls12(with_suite(rsa_server(), suite), accepted));
    watched.run();
    REQUIRE_MESSAGE(watched.pair.established(), words_of(*watched.pair.client));
    CHECK(watched.of_client == used);
    CHECK(watched.pair.server->info().peer == "CN=client");
  }
}

TEST_CASE("TLS 1.2: a server that accepts no signature of our key is told from one that fails") {
  Watched watched(accepting(rsa_client(), {}), tls12(server_options(), {ecdsa_sha256}));
  watched.run();
  CHECK_FALSE(watched.pair.established());
  CHECK(
      words_of(*watched.pair.client) ==
      "the gateway accepts no signature that our key (RSA 2048) can make in TLS 1.2: have it accept SHA-256, "
      "SHA-384 or SHA-512 with this kind of key, or TLS 1.3");
  CHECK(
      words_of(*watched.pair.server) ==
      "the client ended the TLS session: TLS version and cipher suite were agreed upon, so it may accept no "
      "signature of our key; its log says why (alert handshake_failure)");
}

TEST_CASE("TLS 1.2: a signature that was tampered with, or takes another algorithm, is refused") {
  const std::vector<std::vector<Algorithm>> lists{{pss_sha256, pss_sha384}, {pkcs1_sha256, pkcs1_sha384}};
  for (const auto& list : lists) {
    for (const std::uint8_t signed_in : {server_key_exchange, certificate_verify}) {
      for (const bool algorithm : {true, false}) {
        CAPTURE(list[0]);
        CAPTURE(signed_in);
        CAPTURE(algorithm);
        Watched watched(accepting(rsa_client(), list), tls12(rsa_server(), list));
        watched.run([&](Bytes& wire, std::size_t at, std::uint8_t type) {
          if (type != signed_in) {
            return;
          }
          if (algorithm) {
            // Of the same hash: only the way to sign differs.
            const auto now = static_cast<Algorithm>(wire[at] << 8 | wire[at + 1]);
            const Algorithm other = now == pss_sha256     ? pkcs1_sha256
                                    : now == pss_sha384   ? pkcs1_sha384
                                    : now == pkcs1_sha256 ? pss_sha256
                                                          : pss_sha384;
            wire[at] = static_cast<std::uint8_t>(other >> 8);
            wire[at + 1] = static_cast<std::uint8_t>(other);
          } else {
            wire[at + 4 + 100] ^= 1;
          }
        });
        const Engine& refuser =
            signed_in == server_key_exchange ? *watched.pair.client : *watched.pair.server;
        CHECK_FALSE(watched.pair.established());
        REQUIRE(refuser.failure());
        CHECK(refuser.failure()->kind == Failure::Kind::handshake_failed);
        // An algorithm that was not offered is refused before any signature is looked at.
        CHECK((words_of(refuser).find("-0x6600") != std::string::npos) == algorithm);
      }
    }
  }
}

TEST_CASE("TLS 1.2: a right signature with an algorithm that was not asked for is refused") {
  // The server has not asked for what the client signs with: on its way its list is made one that has it.
  const auto server = tls12(rsa_server(), {pss_sha256, pss_sha384});
  const auto list_at = [](const Bytes& wire) -> std::optional<std::size_t> {
    const auto message = find_message(wire, 13);  // CertificateRequest: types, then algorithms
    return message ? std::optional(*message + 4 + 1 + wire[*message + 4] + 2) : std::nullopt;
  };
  Pair pair(accepting(rsa_client(), {}), server, service_name, "");
  ByteView none;
  REQUIRE(pair.client->handshake(none, pair.to_server) == Status::want_input);
  ByteView hello = pair.to_server.view();
  REQUIRE(pair.server->handshake(hello, pair.to_client) == Status::want_input);
  Bytes flight(pair.to_client.view().begin(), pair.to_client.view().end());
  const auto at = list_at(flight);
  REQUIRE(at);
  REQUIRE((flight[*at] == 0x08 && flight[*at + 1] == 0x04));
  flight[*at] = 0x04;  // rsa_pkcs1_sha256
  flight[*at + 1] = 0x01;
  flight[*at + 2] = 0x05;  // rsa_pkcs1_sha384
  flight[*at + 3] = 0x01;
  pair.to_server.clear();
  ByteView rest = flight;
  REQUIRE(pair.client->handshake(rest, pair.to_server) == Status::want_input);
  rest = pair.to_server.view();
  CHECK(pair.server->handshake(rest, pair.to_client) == Status::failed);
  CHECK(words_of(*pair.server).find("-0x6600") != std::string::npos);
}
