#include "persona/trust/client_rules.hpp"

#include <doctest/doctest.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/test_authority.hpp"

using namespace persona;
using namespace persona::authority;
using namespace persona::trust;
using namespace persona::x509;

namespace {

using Names = std::vector<std::string>;

CertificateList client(const std::string& common_name, const Names& dns = {}, const Names& uris = {}) {
  IssueRequest request;
  request.common_name = common_name;
  request.dns_names = dns;
  request.uris = uris;
  return support::list_of(support::issue(request).certificate);
}

bool admits(ClientPatterns patterns, const CertificateList& leaf) {
  return ClientRules(std::move(patterns)).admits(*leaf.get());
}

/// Replaces the bytes of the subject's common name while it lives, and can add a second one.
class OtherSubject {
 public:
  OtherSubject(mbedtls_x509_crt& leaf, int tag, std::string value) : leaf_(leaf), value_(std::move(value)) {
    was_ = leaf.subject.val;
    leaf.subject.val.tag = tag;
    leaf.subject.val.p = reinterpret_cast<unsigned char*>(value_.data());
    leaf.subject.val.len = value_.size();
  }
  ~OtherSubject() {
    leaf_.subject.val = was_;
    leaf_.subject.next = nullptr;
  }
  OtherSubject(const OtherSubject&) = delete;
  OtherSubject& operator=(const OtherSubject&) = delete;

  void again() {
    second_ = leaf_.subject;
    second_.next = nullptr;
    leaf_.subject.next = &second_;
  }

 private:
  mbedtls_x509_crt& leaf_;
  std::string value_;
  mbedtls_x509_buf was_{};
  mbedtls_x509_name second_{};
};

}  // namespace

TEST_CASE("one match of any kind lets a client in") {
  const auto leaf = client("reporting", {"a.example.com", "b.example.com"}, {"spiffe://prod/ns/x"});
  CHECK(admits({.cn = {"other", "report*"}}, leaf));
  CHECK(admits({.dns = {"b.*.com"}}, leaf));
  CHECK(admits({.uri = {"spiffe://prod/ns/*"}}, leaf));
  CHECK(admits({.pins = {SpkiPin{}, spki_pin_of(*leaf.get())}}, leaf));
  CHECK(admits({.cn = {"other"}, .dns = {"other"}, .uri = {"spiffe://prod/ns/x"}}, leaf));
  CHECK_FALSE(
      admits({.cn = {"other"}, .dns = {"other"}, .uri = {"spiffe://prod/x"}, .pins = {SpkiPin{}}}, leaf));
  CHECK_FALSE(admits({}, leaf));
}

TEST_CASE("a name counts only as what it is") {
  const auto leaf = client("cn.example.com", {"dns.example.com"}, {"https://uri.example.com/"});
  CHECK_FALSE(admits({.dns = {"cn.example.com"}}, leaf));
  CHECK_FALSE(admits({.cn = {"dns.example.com"}}, leaf));
  CHECK_FALSE(admits({.dns = {"uri.example.com"}}, leaf));
  CHECK_FALSE(admits({.dns = {"https://uri.example.com/"}}, leaf));
  IssueRequest request;
  request.common_name = "x";
  request.ip_addresses = {"10.0.0.1"};
  const auto numeric = support::list_of(support::issue(request).certificate);
  CHECK_FALSE(admits({.dns = {"10.0.0.1", "*.*.*.*"}}, numeric));
}

TEST_CASE("a NUL in a certificate's name ends no comparison") {
  const auto leaf =
      client("x", {std::string("db.example.com\0.evil.org", 23)}, {std::string("spiffe://prod/db\0x", 18)});
  CHECK_FALSE(admits({.dns = {"db.example.com", "*.example.com", "*.evil.org"}}, leaf));
  CHECK_FALSE(admits({.uri = {"spiffe://prod/db", "spiffe://prod/*"}}, leaf));
  const auto subject = client("placeholder");
  const OtherSubject other(*subject.get(), MBEDTLS_ASN1_UTF8_STRING, std::string("admin\0x", 7));
  CHECK_FALSE(admits({.cn = {"admin", "admin*", "*"}}, subject));
}

TEST_CASE("the common name is text, and there is one") {
  const auto leaf = client("placeholder");
  for (const int tag : {MBEDTLS_ASN1_UTF8_STRING, MBEDTLS_ASN1_PRINTABLE_STRING, MBEDTLS_ASN1_IA5_STRING}) {
    const OtherSubject other(*leaf.get(), tag, "admin");
    CHECK(admits({.cn = {"admin"}}, leaf));
  }
  for (const int tag : {MBEDTLS_ASN1_BMP_STRING, MBEDTLS_ASN1_T61_STRING, MBEDTLS_ASN1_UNIVERSAL_STRING,
                        MBEDTLS_ASN1_OCTET_STRING}) {
    const OtherSubject other(*leaf.get(), tag, "admin");
    CHECK_FALSE(admits({.cn = {"admin"}}, leaf));
  }
  OtherSubject twice(*leaf.get(), MBEDTLS_ASN1_UTF8_STRING, "admin");
  twice.again();
  CHECK_FALSE(admits({.cn = {"admin"}}, leaf));
  const std::string why = ClientRules({.cn = {"admin"}}).refusal(*leaf.get());
  CHECK_MESSAGE(why.ends_with("; with several common names, none is used"), why);
}

TEST_CASE("of several URIs none is a SPIFFE ID") {
  const auto leaf = client("x", {}, {"spiffe://prod/db", "Spiffe://prod/web", "https://a/b"});
  CHECK_FALSE(admits({.uri = {"spiffe://prod/db", "spiffe://prod/*"}}, leaf));
  CHECK(admits({.uri = {"https://a/b"}}, leaf));
  const std::string why = ClientRules({.uri = {"spiffe://prod/*"}}).refusal(*leaf.get());
  CHECK_MESSAGE(why.ends_with("; with several URIs, none is used as a SPIFFE ID"), why);
}

TEST_CASE("the pin is of the public key") {
  const auto one = client("x");
  const auto two = client("x");
  CHECK(spki_pin_of(*one.get()).to_string() == describe(*one.get()).spki_pin);
  CHECK_FALSE(admits({.pins = {spki_pin_of(*one.get())}}, two));
}

TEST_CASE("a refusal names who was presented and what was asked for") {
  const auto leaf = client("reporting", {"a.example.com"}, {"spiffe://x/y"});
  const SpkiPin pin = spki_pin_of(*leaf.get());
  CHECK(ClientRules({.cn = {"postgres-*"}, .uri = {"spiffe://prod/*"}}).refusal(*leaf.get()) ==
        "client CN=reporting (dns a.example.com; uri spiffe://x/y; pin " + pin.to_string() +
            ") matches nothing in clients.allow (cn: postgres-*; uri: spiffe://prod/*)");
  CHECK(ClientRules({.dns = {"*.b", "c.d"}, .pins = {pin}})
            .refusal(*client("y").get())
            .find(") matches nothing in clients.allow (dns: *.b, c.d; pins: " + pin.to_string() + ")") !=
        std::string::npos);
}

TEST_CASE("a refusal is one line of bounded length whatever the certificate says") {
  Names many;
  for (int i = 0; i < 30; ++i) {
    many.push_back(std::string(200, 'a') + std::to_string(i));
  }
  many[0] = "evil\n\x1b[2Jname";
  const auto leaf = client("x", many);
  const std::string why = ClientRules({.dns = Names(40, "b")}).refusal(*leaf.get());
  CHECK(why.size() < 2500);
  CHECK(why.find("evil\\x0a\\x1b[2Jname") != std::string::npos);
  CHECK(why.find(" and 22 more") != std::string::npos);
  CHECK(why.find("b, b and 32 more") != std::string::npos);
}
