#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "fixtures.hpp"
#include "support.hpp"

using namespace persona::identity;
using namespace std::chrono_literals;
using support::days;

namespace {

struct Verdict {
  bool mbedtls_passed = false;
  bool passed = false;
  bool leaf_seen = false;
  std::string sentence;
  std::string peer_name;
};

struct Options {
  std::string role = "gateway";
  std::optional<std::string> expected_name = "db.example.com";
  bool knows_roots = false;
  const mbedtls_x509_crt_profile* profile = &mbedtls_x509_crt_profile_default;
};

/// As a handshake does it: mbedTLS walks the chain and asks the verifier about every certificate.
Verdict verify(const CertificateList& chain, const CertificateList& roots, const Options& options = {}) {
  PeerVerifier verifier(options.role, options.expected_name, options.knows_roots ? &roots : nullptr);
  std::uint32_t flags = 0;
  const int status =
      mbedtls_x509_crt_verify_with_profile(chain.get(), roots.get(), nullptr, options.profile, nullptr,
                                           &flags, &PeerVerifier::callback, &verifier);
  return {status == 0, verifier.passed(), verifier.leaf_seen(), verifier.explain(), verifier.peer_name()};
}

CertificateList test_roots() {
  return support::list_of(support::test_authority().certificate_pem());
}

IssueRequest server(std::vector<std::string> names = {"db.example.com"}) {
  IssueRequest request;
  request.usage = IssueRequest::Usage::server;
  request.common_name = "server";
  request.dns_names = std::move(names);
  return request;
}

CertificateList issued(const IssueRequest& request) {
  return support::list_of(support::issue(request).certificate);
}

void check_refused(const Verdict& verdict, const std::string& sentence) {
  CHECK_FALSE(verdict.mbedtls_passed);
  CHECK_FALSE(verdict.passed);
  CHECK(verdict.sentence == sentence);
}

}  // namespace

TEST_CASE("a trusted certificate with the right name passes") {
  const Verdict verdict = verify(issued(server()), test_roots());
  CHECK(verdict.mbedtls_passed);
  CHECK(verdict.passed);
  CHECK(verdict.leaf_seen);
  CHECK(verdict.peer_name == "CN=server");
  CHECK(verdict.sentence.empty());
}

TEST_CASE("a chain through an intermediate passes") {
  const auto chain =
      support::list_of(fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate));
  Options options;
  options.expected_name = "rsa.example.com";
  CHECK(verify(chain, support::list_of(fixtures::root_certificate), options).passed);
}

TEST_CASE("a client needs no name, but a certificate for clients") {
  Options options;
  options.role = "client";
  options.expected_name = std::nullopt;
  CHECK(verify(support::list_of(support::issue("somebody").certificate), test_roots(), options).passed);
  check_refused(verify(issued(server()), test_roots(), options),
                "client certificate is not for clients (its extendedKeyUsage lacks clientAuth): CN=server");
}

TEST_CASE("before anything was seen nothing has passed") {
  const PeerVerifier verifier("client", std::nullopt);
  CHECK_FALSE(verifier.passed());
  CHECK_FALSE(verifier.leaf_seen());
  CHECK(verifier.explain() == "the client presented no certificate that could be verified");
}

TEST_CASE("a certificate of an unknown CA names the CA") {
  const auto other = Authority::create("Other CA", days(10)).value();
  const auto chain = support::list_of(other.issue(server()).value().certificate);
  check_refused(verify(chain, test_roots()),
                "the gateway's certificate is issued by CN=Other CA, which trust.ca does not contain");
}

TEST_CASE("no trust at all refuses everybody") {
  check_refused(verify(issued(server()), CertificateList()),
                "the gateway's certificate is issued by CN=Test CA, which trust.ca does not contain");
}

TEST_CASE("a CA of the same name with another key is told apart when the roots are known") {
  const auto again = Authority::create("Test CA", days(10)).value();
  const auto chain = support::list_of(again.issue(server()).value().certificate);
  Options options;
  options.knows_roots = true;
  check_refused(
      verify(chain, test_roots(), options),
      "the gateway's certificate is issued by CN=Test CA, but not by the CA certificate of that name in "
      "trust.ca: was the CA made anew with another key?");
}

TEST_CASE("an issuer in trust.ca that is no CA is told apart when the roots are known") {
  IssueRequest request;
  request.common_name = "Test CA";
  const auto roots = support::list_of(issue_self_signed(request).value().certificate);
  Options options;
  options.knows_roots = true;
  check_refused(verify(issued(server()), roots, options),
                "the gateway's certificate is issued by CN=Test CA, which trust.ca contains but is not a CA "
                "certificate");
}

TEST_CASE("a chain that ends in an unknown root or leads nowhere names it") {
  Options options;
  options.expected_name = "rsa.example.com";
  const std::string two = fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate);
  check_refused(verify(support::list_of(two), test_roots(), options),
                "the gateway's chain leads to CN=Fixture Root, which trust.ca does not contain");
  check_refused(
      verify(support::list_of(fmt::format("{}{}", two, fixtures::root_certificate)), test_roots(), options),
      "the gateway's chain ends in CN=Fixture Root, which trust.ca does not contain");
}

TEST_CASE("a missing intermediate is named as the issuer") {
  Options options;
  options.expected_name = "rsa.example.com";
  check_refused(
      verify(support::list_of(fixtures::rsa_certificate), support::list_of(fixtures::root_certificate),
             options),
      "the gateway's certificate is issued by CN=Fixture Intermediate, which trust.ca does not contain");
}

TEST_CASE("a signature that its issuer in the chain did not make is named") {
  // The last octet of the leaf's signature is the last of its DER form.
  auto chain =
      support::list_of(fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate));
  chain.get()->raw.p[chain.get()->raw.len - 1] ^= 1U;
  Options options;
  options.expected_name = "rsa.example.com";
  check_refused(
      verify(chain, support::list_of(fixtures::root_certificate), options),
      "gateway certificate has a signature that is not by its issuer CN=Fixture Intermediate: CN=rsa leaf");
}

TEST_CASE("a self-signed certificate is called so, and passes once it is in trust.ca") {
  const auto chain = support::list_of(issue_self_signed(server()).value().certificate);
  check_refused(verify(chain, test_roots()),
                "the gateway's certificate is self-signed and not in trust.ca: CN=server");
  CHECK(verify(chain, chain).passed);
}

TEST_CASE("an expired certificate says since when") {
  IssueRequest request = server();
  request.valid_from = -days(10);
  request.valid_for = -days(3) - 1h;
  check_refused(
      verify(issued(request), test_roots()),
      fmt::format("gateway certificate expired 3 days ago ({}): CN=server", support::date(-days(3) - 1h)));
}

TEST_CASE("a certificate that is not valid yet says when it will be") {
  IssueRequest request = server();
  request.valid_from = days(2) + 1h;
  request.valid_for = days(9);
  check_refused(verify(issued(request), test_roots()),
                fmt::format("gateway certificate is not valid before {} (in 2 days): CN=server",
                            support::date(days(2) + 1h)));
}

TEST_CASE("an expired CA is named even when the leaf is fine") {
  const auto old = Authority::create("Old CA", -days(2) - 1h, -days(9)).value();
  check_refused(verify(support::list_of(old.issue(server()).value().certificate),
                       support::list_of(old.certificate_pem())),
                fmt::format("CA certificate in the gateway's chain expired 2 days ago ({}): CN=Old CA",
                            support::date(-days(2) - 1h)));
}

TEST_CASE("a wrong name lists the names there are") {
  Options options;
  options.expected_name = "db.example.com";
  check_refused(verify(support::server_certificate({"a.example.com", "b.example.com"}, {"10.0.0.1"}),
                       test_roots(), options),
                "name db.example.com is not in the gateway's certificate; it has a.example.com, "
                "b.example.com, 10.0.0.1");
  check_refused(
      verify(issued(server({"1.x.y", "2.x.y", "3.x.y", "4.x.y", "5.x.y", "6.x.y", "7.x.y"})), test_roots()),
      "name db.example.com is not in the gateway's certificate; it has 1.x.y, 2.x.y, 3.x.y, 4.x.y, 5.x.y and "
      "2 "
      "more");
  options.expected_name = "server";
  check_refused(verify(issued(server({})), test_roots(), options),
                "name server is not in the gateway's certificate; it has no DNS names or addresses in "
                "subjectAltName, and "
                "the subject does not count (CN=server)");
}

TEST_CASE("a certificate for another use is refused") {
  IssueRequest request = server();
  request.usage = IssueRequest::Usage::client;
  check_refused(verify(issued(request), test_roots()),
                "gateway certificate is not for servers (its extendedKeyUsage lacks serverAuth): CN=server");
  Options options;
  options.expected_name = "ku.example.com";
  check_refused(verify(support::list_of(fixtures::no_signature_certificate),
                       support::list_of(fixtures::root_certificate), options),
                "gateway certificate is not for TLS (its keyUsage lacks digitalSignature): CN=no signatures");
}

TEST_CASE("a key or hash that is too weak for the profile is refused") {
  mbedtls_x509_crt_profile strict = mbedtls_x509_crt_profile_default;
  Options options;
  options.profile = &strict;
  SUBCASE("key") {
    strict.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1);
    check_refused(verify(issued(server()), test_roots(), options),
                  "a key in the gateway's chain is too weak: CN=server (EC secp256r1), issued by CN=Test CA");
  }
  SUBCASE("hash") {
    strict.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512);
    check_refused(verify(issued(server()), test_roots(), options),
                  "gateway certificate is signed with a hash that is too weak: CN=server");
  }
}

TEST_CASE("of several findings the gravest is told") {
  IssueRequest request = server({"other.example.com"});
  request.usage = IssueRequest::Usage::client;
  request.valid_from = -days(10);
  request.valid_for = -days(3) - 1h;
  const auto expired = support::list_of(issue_self_signed(request).value().certificate);
  check_refused(verify(expired, test_roots()),
                "the gateway's certificate is self-signed and not in trust.ca: CN=server");
  check_refused(
      verify(issued(request), test_roots()),
      fmt::format("gateway certificate expired 3 days ago ({}): CN=server", support::date(-days(3) - 1h)));
  request.valid_for = days(1);
  check_refused(verify(issued(request), test_roots()),
                "gateway certificate is not for servers (its extendedKeyUsage lacks serverAuth): CN=server");
}

TEST_CASE("a graver finding on a CA is told before one on the leaf") {
  const auto old = Authority::create("Old CA", -days(2) - 1h, -days(9)).value();
  check_refused(verify(support::list_of(old.issue(server({"other.example.com"})).value().certificate),
                       support::list_of(old.certificate_pem())),
                fmt::format("CA certificate in the gateway's chain expired 2 days ago ({}): CN=Old CA",
                            support::date(-days(2) - 1h)));
}

TEST_CASE("a graver finding on the leaf is told before one on a CA") {
  const auto chain = issued(server());
  const auto roots = test_roots();
  PeerVerifier verifier("gateway", "db.example.com");
  std::uint32_t flags = MBEDTLS_X509_BADCERT_BAD_MD;
  CHECK(PeerVerifier::callback(&verifier, roots.get(), 1, &flags) == 0);
  CHECK(verifier.explain() ==
        "CA certificate in the gateway's chain is signed with a hash that is too weak: CN=Test CA");
  flags = MBEDTLS_X509_BADCERT_REVOKED;
  CHECK(PeerVerifier::callback(&verifier, chain.get(), 0, &flags) == 0);
  CHECK(verifier.explain() == "gateway certificate was revoked: CN=server");
}

TEST_CASE("flags that nobody knows refuse as well") {
  const auto chain = issued(server());
  PeerVerifier verifier("gateway", "db.example.com");
  std::uint32_t flags = MBEDTLS_X509_BADCERT_OTHER;
  CHECK(PeerVerifier::callback(&verifier, chain.get(), 0, &flags) == 0);
  CHECK_FALSE(verifier.passed());
  CHECK(verifier.explain() == "gateway certificate was refused (verification flags 0x100): CN=server");
}

TEST_CASE("a revoked certificate is called so") {
  const auto chain = issued(server());
  PeerVerifier verifier("gateway", "db.example.com");
  std::uint32_t flags = MBEDTLS_X509_BADCERT_REVOKED | MBEDTLS_X509_BADCERT_EXPIRED;
  CHECK(PeerVerifier::callback(&verifier, chain.get(), 0, &flags) == 0);
  CHECK(verifier.explain() == "gateway certificate was revoked: CN=server");
}
