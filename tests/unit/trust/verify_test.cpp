#include "persona/trust/verify.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/test_authority.hpp"
#include "persona/trust/trust_store.hpp"

using namespace persona::authority;
using namespace persona::trust;
using namespace persona::x509;
using namespace std::chrono_literals;
using support::days;

namespace {

VerifyPolicy for_gateway(std::string name = "db.example.com") {
  VerifyPolicy policy;
  policy.expected_name = std::move(name);
  return policy;
}

VerifyPolicy for_client() {
  VerifyPolicy policy;
  policy.role = PeerRole::client;
  return policy;
}

std::shared_ptr<const TrustStore> trust_in(std::string_view ca, std::string_view crl = {}) {
  return TrustStore::from_pem({.ca = ca, .crl = crl, .any_certificates = true}).value();
}

/// As a handshake does it: mbedTLS asks about the leaf, with the others behind it.
Verdict verify(const CertificateList& chain, const std::shared_ptr<const TrustStore>& trust,
               const VerifyPolicy& policy = for_gateway()) {
  PeerVerifier verifier(trust.get(), policy);
  std::uint32_t flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  REQUIRE(PeerVerifier::callback(&verifier, chain.get(), 0, &flags) == 0);
  REQUIRE(verifier.verdict().has_value());
  CHECK((flags == 0) == verifier.passed());
  CHECK(verifier.passed() == verifier.explain().empty());
  return *verifier.verdict();
}

std::shared_ptr<const TrustStore> test_trust() {
  return trust_in(support::test_authority().certificate_pem());
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

void check_refused(const Verdict& verdict, VerifyReason reason, const std::string& sentence) {
  CHECK(to_string(verdict.reason) == to_string(reason));
  CHECK(verdict.sentence.starts_with(sentence + "; "));  // and what to do
}

}  // namespace

TEST_CASE("a trusted certificate with the right name passes") {
  const Verdict verdict = verify(issued(server()), test_trust());
  CHECK(verdict.accepted());
  CHECK(verdict.peer_name == "CN=server");
  CHECK(verdict.sentence.empty());
  CHECK(verdict.valid_until == verdict.leaf_not_after);
}

TEST_CASE("a chain through an intermediate passes, whatever the order behind the leaf") {
  const auto trust = trust_in(fixtures::root_certificate);
  const std::string other = support::test_authority().certificate_pem();
  for (const std::string& rest :
       {fmt::format("{}{}", fixtures::intermediate_certificate, other),
        fmt::format("{}{}", other, fixtures::intermediate_certificate),
        fmt::format("{}{}", fixtures::root_certificate, fixtures::intermediate_certificate)}) {
    const auto chain = support::list_of(fmt::format("{}{}", fixtures::rsa_certificate, rest));
    CHECK(verify(chain, trust, for_gateway("rsa.example.com")).sentence.empty());
  }
}

TEST_CASE("a client needs no name, but a certificate for clients") {
  CHECK(verify(support::list_of(support::issue("somebody").certificate), test_trust(), for_client())
            .accepted());
  check_refused(verify(issued(server()), test_trust(), for_client()), VerifyReason::extended_key_usage,
                "client certificate is not for clients (its extendedKeyUsage lacks clientAuth): CN=server");
}

TEST_CASE("before anything was seen nothing has passed") {
  const PeerVerifier verifier(nullptr, for_client());
  CHECK_FALSE(verifier.passed());
  CHECK_FALSE(verifier.verdict().has_value());
  CHECK(verifier.explain() == "the client presented no certificate that could be verified");
}

TEST_CASE("without trust nobody passes") {
  PeerVerifier verifier(nullptr, for_gateway());
  const auto chain = issued(server());
  std::uint32_t flags = 0;
  CHECK(PeerVerifier::callback(&verifier, chain.get(), 0, &flags) == 0);
  CHECK(flags != 0);
  CHECK_FALSE(verifier.passed());
}

TEST_CASE("what mbedTLS thinks of the issuers is replaced by the verdict on the leaf") {
  const auto trust = test_trust();
  PeerVerifier verifier(trust.get(), for_gateway());
  std::uint32_t flags = MBEDTLS_X509_BADCERT_EXPIRED;
  CHECK(PeerVerifier::callback(&verifier, trust->roots().get(), 1, &flags) == 0);
  CHECK(flags == 0);
  CHECK_FALSE(verifier.passed());
}

TEST_CASE("a certificate of an unknown CA names the CA") {
  const auto other = Authority::create("Other CA", days(10)).value();
  check_refused(verify(support::list_of(other.issue(server()).value().certificate), test_trust()),
                VerifyReason::untrusted_issuer,
                "the gateway's certificate is issued by CN=Other CA, which trust.ca does not contain");
}

TEST_CASE("a CA of the same name with another key is told apart") {
  const auto again = Authority::create("Test CA", days(10)).value();
  check_refused(
      verify(support::list_of(again.issue(server()).value().certificate), test_trust()),
      VerifyReason::untrusted_issuer,
      "the gateway's certificate is issued by CN=Test CA, but not by the CA certificate of that name in "
      "trust.ca: was the CA created again with another key?");
}

TEST_CASE("both CAs of one name are tried") {
  const auto again = Authority::create("Test CA", days(10)).value();
  const auto both =
      trust_in(fmt::format("{}{}", again.certificate_pem(), support::test_authority().certificate_pem()));
  CHECK(verify(issued(server()), both).accepted());
  CHECK(verify(support::list_of(again.issue(server()).value().certificate), both).accepted());
}

TEST_CASE("an issuer in trust.ca that is no CA is told apart") {
  IssueRequest request;
  request.common_name = "Test CA";
  check_refused(verify(issued(server()), trust_in(issue_self_signed(request).value().certificate)),
                VerifyReason::untrusted_issuer,
                "the gateway's certificate is issued by CN=Test CA, which trust.ca contains but is not a CA "
                "certificate");
}

TEST_CASE("a chain that ends in an unknown root or leads nowhere names it") {
  const VerifyPolicy policy = for_gateway("rsa.example.com");
  const std::string two = fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate);
  check_refused(verify(support::list_of(two), test_trust(), policy), VerifyReason::untrusted_issuer,
                "the gateway's chain leads to CN=Fixture Root, which trust.ca does not contain");
  check_refused(
      verify(support::list_of(fmt::format("{}{}", two, fixtures::root_certificate)), test_trust(), policy),
      VerifyReason::untrusted_issuer,
      "the gateway's chain ends in CN=Fixture Root, which trust.ca does not contain");
}

TEST_CASE("a missing intermediate is named as the issuer") {
  check_refused(
      verify(support::list_of(fixtures::rsa_certificate), trust_in(fixtures::root_certificate),
             for_gateway("rsa.example.com")),
      VerifyReason::untrusted_issuer,
      "the gateway's certificate is issued by CN=Fixture Intermediate, which trust.ca does not contain");
}

TEST_CASE("a signature that its issuer in the chain did not make is named") {
  // The last octet of the leaf's signature is the last of its DER form.
  auto chain =
      support::list_of(fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate));
  chain.get()->raw.p[chain.get()->raw.len - 1] ^= 1U;
  check_refused(
      verify(chain, trust_in(fixtures::root_certificate), for_gateway("rsa.example.com")),
      VerifyReason::bad_signature,
      "gateway certificate has a signature that is not by its issuer CN=Fixture Intermediate: CN=rsa leaf");
}

TEST_CASE("a signature that was good once does not make another good") {
  const auto trust = trust_in(fixtures::root_certificate);
  const std::string both = fmt::format("{}{}", fixtures::rsa_certificate, fixtures::intermediate_certificate);
  const VerifyPolicy policy = for_gateway("rsa.example.com");
  CHECK(verify(support::list_of(both), trust, policy).accepted());
  CHECK(verify(support::list_of(both), trust, policy).accepted());
  auto altered = support::list_of(both);
  altered.get()->raw.p[altered.get()->raw.len - 1] ^= 1U;
  CHECK_FALSE(verify(altered, trust, policy).accepted());
}

TEST_CASE("a self-signed certificate is called so, and passes once it is in trust.ca") {
  const std::string pem = issue_self_signed(server()).value().certificate;
  check_refused(verify(support::list_of(pem), test_trust()), VerifyReason::self_signed,
                "the gateway's certificate is self-signed and not in trust.ca: CN=server");
  CHECK(verify(support::list_of(pem), trust_in(pem)).accepted());
}

TEST_CASE("an expired certificate says since when") {
  IssueRequest request = server();
  request.valid_from = -days(10);
  request.valid_for = -days(3) - 1h;
  check_refused(
      verify(issued(request), test_trust()), VerifyReason::expired,
      fmt::format("gateway certificate expired 3 days ago ({}): CN=server", support::date(-days(3) - 1h)));
}

TEST_CASE("a certificate that is not valid yet says when it will be") {
  IssueRequest request = server();
  request.valid_from = days(2) + 1h;
  request.valid_for = days(9);
  check_refused(verify(issued(request), test_trust()), VerifyReason::not_yet_valid,
                fmt::format("gateway certificate is not valid before {} (in 2 days): CN=server",
                            support::date(days(2) + 1h)));
}

TEST_CASE("the time of a policy counts instead of now") {
  VerifyPolicy later = for_gateway();
  later.at = now() + days(5);
  CHECK(verify(issued(server()), test_trust()).accepted());
  CHECK(verify(issued(server()), test_trust(), later).reason == VerifyReason::expired);
}

TEST_CASE("an expired CA is named even when the leaf is fine") {
  const auto old = Authority::create("Old CA", -days(2) - 1h, -days(9)).value();
  check_refused(
      verify(support::list_of(old.issue(server()).value().certificate), trust_in(old.certificate_pem())),
      VerifyReason::expired,
      fmt::format("CA certificate in the gateway's chain expired 2 days ago ({}): CN=Old CA",
                  support::date(-days(2) - 1h)));
}

TEST_CASE("a wrong name lists the names there are") {
  check_refused(
      verify(support::server_certificate({"a.example.com", "b.example.com"}, {"10.0.0.1"}), test_trust()),
      VerifyReason::name_mismatch,
      "name db.example.com is not in the gateway's certificate; it has a.example.com, "
      "b.example.com, 10.0.0.1");
  check_refused(
      verify(issued(server({"1.x.y", "2.x.y", "3.x.y", "4.x.y", "5.x.y", "6.x.y", "7.x.y"})), test_trust()),
      VerifyReason::name_mismatch,
      "name db.example.com is not in the gateway's certificate; it has 1.x.y, 2.x.y, 3.x.y, 4.x.y, 5.x.y and "
      "2 more");
  check_refused(verify(issued(server({})), test_trust(), for_gateway("server")), VerifyReason::name_mismatch,
                "name server is not in the gateway's certificate; it has no DNS names or addresses in "
                "subjectAltName, and the subject is not used (CN=server)");
}

TEST_CASE("a name with an underscore matches itself, and is told that no wildcard stands for it") {
  const auto asked = for_gateway("db_1.example.com");
  CHECK(verify(issued(server({"DB_1.example.com"})), test_trust(), asked).accepted());
  CHECK(verify(issued(server({"db_2.example.com"})), test_trust(), asked)
            .sentence.find("it has db_2.example.com; ") != std::string::npos);
  const Verdict verdict = verify(issued(server({"*.example.com"})), test_trust(), asked);
  CHECK(verdict.reason == VerifyReason::name_mismatch);
  CHECK(verdict.sentence.find("it has *.example.com; no wildcard stands for a name with an underscore (RFC "
                              "5280 section 4.2.1.6)") != std::string::npos);
}

TEST_CASE("a certificate for another use is refused") {
  IssueRequest request = server();
  request.usage = IssueRequest::Usage::client;
  check_refused(verify(issued(request), test_trust()), VerifyReason::extended_key_usage,
                "gateway certificate is not for servers (its extendedKeyUsage lacks serverAuth): CN=server");
  check_refused(verify(support::list_of(fixtures::no_signature_certificate),
                       trust_in(fixtures::root_certificate), for_gateway("ku.example.com")),
                VerifyReason::key_usage,
                "gateway certificate is not for TLS (its keyUsage lacks digitalSignature): CN=no signatures");
}

TEST_CASE("of several findings the gravest is told") {
  IssueRequest request = server({"other.example.com"});
  request.usage = IssueRequest::Usage::client;
  request.valid_from = -days(10);
  request.valid_for = -days(3) - 1h;
  CHECK(verify(support::list_of(issue_self_signed(request).value().certificate), test_trust()).reason ==
        VerifyReason::self_signed);
  CHECK(verify(issued(request), test_trust()).reason == VerifyReason::expired);
  request.valid_for = days(1);
  CHECK(verify(issued(request), test_trust()).reason == VerifyReason::extended_key_usage);
}

TEST_CASE("a graver finding on a CA is told before one on the leaf") {
  const auto old = Authority::create("Old CA", -days(2) - 1h, -days(9)).value();
  const auto chain = support::list_of(old.issue(server({"other.example.com"})).value().certificate);
  check_refused(verify(chain, trust_in(old.certificate_pem())), VerifyReason::expired,
                fmt::format("CA certificate in the gateway's chain expired 2 days ago ({}): CN=Old CA",
                            support::date(-days(2) - 1h)));
}

TEST_CASE("one pin has to be the leaf's") {
  const auto chain = issued(server());
  VerifyPolicy policy = for_gateway();
  policy.pins = {persona::SpkiPin{}, persona::SpkiPin::parse(chain.describe().front().spki_pin).value()};
  CHECK(verify(chain, test_trust(), policy).accepted());
  policy.pins = {persona::SpkiPin{},
                 persona::SpkiPin::parse(test_trust()->roots().describe().front().spki_pin).value()};
  check_refused(verify(chain, test_trust(), policy), VerifyReason::pin_mismatch,
                fmt::format("gateway certificate has a key that is none of gateway.pins ({}): CN=server",
                            chain.describe().front().spki_pin));
}

TEST_CASE("a leaf is judged again without its chain") {
  const auto chain = issued(server());
  const persona::ByteView leaf(chain.get()->raw.p, chain.get()->raw.len);
  CHECK(verify_leaf_again(leaf, for_gateway()).accepted());
  CHECK(verify_leaf_again(leaf, for_gateway("other.example.com")).reason == VerifyReason::name_mismatch);
  CHECK(verify_leaf_again(leaf.first(leaf.size() - 1), for_gateway()).reason == VerifyReason::malformed);
  VerifyPolicy later = for_gateway();
  later.at = now() + days(5);
  CHECK(verify_leaf_again(leaf, later).reason == VerifyReason::expired);
}

TEST_CASE("more certificates than anybody needs are refused without looking at them") {
  std::string many = support::issue(server()).certificate;
  for (int i = 0; i < 40; ++i) {
    many += support::test_authority().certificate_pem();
  }
  CHECK(verify(support::list_of(many), test_trust()).reason == VerifyReason::too_deep);
}
