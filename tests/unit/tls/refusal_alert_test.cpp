// Which alert a refused certificate gets: the same from a client and from a gateway.
#include <string>

#include <doctest/doctest.h>

#include "../../forge/forge.hpp"
#include "pair.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;
using support::ForgedKey;

namespace {

/// What is wrong with a leaf, for either end.
struct Wrong {
  std::shared_ptr<const identity::Identity> identity;
  std::shared_ptr<const trust::TrustStore> store;  ///< of who judges it
  std::vector<SpkiPin> pins = {};
};

/// A leaf without an extendedKeyUsage, which mbedTLS takes for its own in both roles.
Wrong without_usage(bool key_identifiers) {
  ForgedKey key;
  ForgedKey ca_key;
  const std::string ca = support::forge(support::ca("CN=CA", "CN=CA"), ca_key, ca_key);
  support::Forgery leaf = support::client("CN=x", "CN=CA");
  leaf.extended_usage.clear();
  leaf.key_identifiers = key_identifiers;
  return {identity::Identity::from_pem(support::forge(leaf, key, ca_key), key.pem(), std::nullopt).value(),
          trust::TrustStore::from_pem({.ca = ca}).value()};
}

/// The alert that the one who is refused has read, when he is a client or a server.
std::string alert_to(Role refused, const Wrong& wrong, TlsVersion version) {
  ContextOptions client = client_options();
  ContextOptions server = server_options();
  ContextOptions& accused = refused == Role::client ? client : server;
  ContextOptions& judge = refused == Role::client ? server : client;
  accused.identity = wrong.identity;
  judge.trust = wrong.store;
  judge.profile = TrustProfile::web_pki;
  judge.pins = wrong.pins;
  server.min_version = server.max_version = version;
  Pair pair(std::move(client), std::move(server));
  pair.handshake();
  Buffer plaintext;
  if (refused == Role::client) {  // in TLS 1.3 its handshake was over
    open_all(*pair.client, pair.to_client, plaintext, pair.to_server);
  }
  const auto& failure = (refused == Role::client ? pair.client : pair.server)->failure();
  REQUIRE(failure);
  CAPTURE(failure->message);
  const std::size_t start = failure->message.find("(alert ");
  REQUIRE(start != std::string::npos);
  return failure->message.substr(start + 7, failure->message.size() - start - 8);
}

void check_alerts(const Wrong& for_client, const Wrong& for_server, const std::string& expected) {
  for (const TlsVersion version : {TlsVersion::tls12, TlsVersion::tls13}) {
    CHECK(alert_to(Role::client, for_client, version) == expected);
    CHECK(alert_to(Role::server, for_server, version) == expected);
  }
}

}  // namespace

TEST_CASE("a certificate that breaks a rule gets certificate_unknown from either end") {
  const Wrong wrong = without_usage(false);  // RFC 5280 section 4.2.1.1
  check_alerts(wrong, wrong, "certificate_unknown");
}

TEST_CASE("a certificate that is not for this end gets unsupported_certificate from either") {
  check_alerts({make_identity(server_request()), trust_in(test_ca())}, without_usage(true),
               "unsupported_certificate");
}

TEST_CASE("a key that is not pinned gets access_denied from either end") {
  const auto store = trust_in(test_ca());
  const std::vector<SpkiPin> other(1);
  check_alerts({make_identity(client_request()), store, other},
               {make_identity(server_request()), store, other}, "access_denied");
}
