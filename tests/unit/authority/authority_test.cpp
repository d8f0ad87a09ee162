#include <doctest/doctest.h>

#include "../../forge/test_authority.hpp"
#include "persona/identity/identity.hpp"

using namespace persona::authority;
using persona::identity::Identity;
using namespace persona::x509;

TEST_CASE("an issued pair is an identity, with the names asked for") {
  IssueRequest request;
  request.common_name = "client, of \"all\" #1 +=<>;\\";
  request.dns_names = {"client.example.com"};
  request.ip_addresses = {"127.0.0.1", "::1"};
  const PemPair pair = support::issue(request);
  const auto identity = Identity::from_pem(pair.certificate, pair.private_key, std::nullopt);
  REQUIRE(identity.has_value());
  const CertificateInfo info = describe(*(*identity)->chain().get());
  CHECK(info.subject == "CN=client\\, of \\\"all\\\" #1 \\+\\=\\<\\>\\;\\\\");
  CHECK(info.issuer == "CN=Test CA");
  CHECK(info.ip_addresses == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(info.serial.size() == 16 * 3 - 1);
}

TEST_CASE("two issued certificates differ in key and serial number") {
  const auto one = support::list_of(support::issue("a").certificate);
  const auto two = support::list_of(support::issue("a").certificate);
  CHECK(describe(*one.get()).serial != describe(*two.get()).serial);
  CHECK(describe(*one.get()).spki_pin != describe(*two.get()).spki_pin);
}

TEST_CASE("validity beyond 2050 is written in its other form") {
  IssueRequest request;
  request.common_name = "long";
  request.valid_for = std::chrono::days(365 * 40);
  const auto list = support::list_of(support::issue(request).certificate);
  CHECK(format_date(describe(*list.get()).not_after) == support::date(request.valid_for));
}

TEST_CASE("an address that is none is refused") {
  IssueRequest request;
  request.ip_addresses = {"db.example.com"};
  const auto pair = support::test_authority().issue(request);
  REQUIRE_FALSE(pair.has_value());
  CHECK(pair.error().message == "db.example.com is not an IP address");
}

TEST_CASE("a pair that is assigned over is gone") {
  PemPair pair = support::issue("one");
  const std::string certificate = pair.certificate;
  pair = support::issue("two");
  CHECK(pair.certificate != certificate);
  CHECK(Identity::from_pem(pair.certificate, pair.private_key, std::nullopt).has_value());
}
