#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/forge.hpp"
#include "../../forge/test_authority.hpp"

using namespace persona::authority;
using namespace persona::x509;
using namespace std::string_literals;

namespace {

std::string failure_of(std::string_view pem) {
  CertificateList list;
  const auto appended = list.append_pem(pem, "file.pem");
  REQUIRE_FALSE(appended.has_value());
  CHECK(list.empty());
  return appended.error().message;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string copy(text);
  const auto at = copy.find(what);
  REQUIRE(at != std::string::npos);
  return copy.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a certificate is described") {
  const auto list = support::list_of(fixtures::rsa_certificate);
  const CertificateInfo info = describe(*list.get());
  CHECK(info.subject == "CN=rsa leaf");
  CHECK(info.issuer == "CN=Fixture Intermediate");
  CHECK(info.serial == "1A:76:35:57:39:6C:E4:33:F1:54:10:09:99:8C:65:C4:BC:E5:0C:C4");
  CHECK(format_date(info.not_before) == "2026-11-21");
  CHECK(format_date(info.not_after) == "2126-10-28");
  CHECK(info.dns_names == std::vector<std::string>{"rsa.example.com"});
  CHECK(info.ip_addresses.empty());
  CHECK(info.uris.empty());
  CHECK(info.key == "RSA 2048");
  CHECK(info.spki_pin == "sha256//s7v2HopTmw1gorYXHsCpfdGgnRvDW5LYiGR0OghPrZc=");
  CHECK(info.for_clients);
  CHECK(info.for_servers);
}

TEST_CASE("an SVID goes by its SPIFFE ID where its subject has no common name") {
  support::ForgedKey key;
  const auto uri = [](std::string_view text) {
    persona::Bytes value = {0x86, static_cast<std::uint8_t>(text.size())};
    value.insert(value.end(), text.begin(), text.end());
    return value;
  };
  const auto name = [&](const std::string& subject, const std::vector<std::string>& uris) {
    persona::Bytes names;
    for (const std::string& each : uris) {
      const auto one = uri(each);
      names.insert(names.end(), one.begin(), one.end());
    }
    persona::Bytes value = {0x30, static_cast<std::uint8_t>(names.size())};
    value.insert(value.end(), names.begin(), names.end());
    CertificateList list;
    REQUIRE(list.append_der(
        support::forge_der({.subject = subject, .others = {{"\x55\x1d\x11"s, value}}}, key, key)));
    return display_name(*list.get());
  };
  CHECK(name("C=US,O=SPIRE", {"spiffe://example.org/app"}) == "spiffe://example.org/app");
  CHECK(name("C=US,O=SPIRE,CN=app", {"spiffe://example.org/app"}) == "C=US, O=SPIRE, CN=app");
  CHECK(name("C=US,O=SPIRE", {"https://example.org/app"}) == "C=US, O=SPIRE");
  CHECK(name("C=US,O=SPIRE", {"spiffe://example.org/app", "spiffe://example.org/db"}) == "C=US, O=SPIRE");
}

TEST_CASE("every kind of alternative name is described") {
  IssueRequest request;
  request.common_name = "client";
  request.dns_names = {"a.example.com", "b.example.com"};
  request.ip_addresses = {"10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"};
  request.uris = {"spiffe://example.com/client"};
  const auto list = support::list_of(support::issue(request).certificate);
  const CertificateInfo info = describe(*list.get());
  CHECK(info.dns_names == std::vector<std::string>{"a.example.com", "b.example.com"});
  CHECK(info.ip_addresses == std::vector<std::string>{"10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"});
  CHECK(info.uris == std::vector<std::string>{"spiffe://example.com/client"});
  CHECK(info.key == "EC secp256r1");
  CHECK(info.for_clients);
  CHECK_FALSE(info.for_servers);
}

TEST_CASE("control characters in names are escaped") {
  IssueRequest request;
  request.common_name = "a\nb\x1b[31m";
  request.dns_names = {"d\n\x7f\0\\"s};
  const auto list = support::list_of(support::issue(request).certificate);
  CHECK(display_name(*list.get()) == "CN=a\\0Ab\\1B[31m");
  CHECK(describe(*list.get()).dns_names == std::vector<std::string>{"d\\x0a\\x7f\\x00\\x5c"});
}

TEST_CASE("a certificate without a subject is called by its first alternative name") {
  IssueRequest request;
  SUBCASE("a DNS name") {
    request.dns_names = {"d\nb.example.com"};
    CHECK(display_name(*support::list_of(support::issue(request).certificate).get()) ==
          "d\\x0ab.example.com");
  }
  SUBCASE("an address") {
    request.ip_addresses = {"10.0.0.1"};
    CHECK(display_name(*support::list_of(support::issue(request).certificate).get()) == "10.0.0.1");
  }
  SUBCASE("a URI") {
    request.uris = {"spiffe://example.com/x"};
    CHECK(display_name(*support::list_of(support::issue(request).certificate).get()) ==
          "spiffe://example.com/x");
  }
  SUBCASE("none: its serial number") {
    const auto list = support::list_of(support::issue(request).certificate);
    CHECK(display_name(*list.get()) == "serial " + describe(*list.get()).serial);
  }
}

TEST_CASE("days are rounded towards zero") {
  const TimePoint start = now();
  CHECK(days_between(start, start + std::chrono::hours(47)) == 1);
  CHECK(days_between(start, start - std::chrono::hours(47)) == -1);
  CHECK(days_between(start, start + std::chrono::hours(23)) == 0);
}

TEST_CASE("dates are written as in ISO 8601") {
  CHECK(format_date(TimePoint(std::chrono::seconds(1'795'219'200))) == "2026-11-21");
  CHECK(format_date(TimePoint(std::chrono::seconds(-1))) == "1969-12-31");
}

TEST_CASE("certificates are appended in the order of the text, other blocks skipped") {
  CertificateList list =
      support::list_of(fmt::format("comment\n{}\n{}{}", fixtures::rsa_certificate, fixtures::rsa_key_pkcs8,
                                   fixtures::intermediate_certificate));
  CHECK(list.size() == 2);
  REQUIRE(list.append_pem(fixtures::root_certificate).has_value());
  CHECK(list.size() == 3);
  CHECK(display_name(*list.get()) == "CN=rsa leaf");
}

TEST_CASE("lines may end in CR LF") {
  std::string text;
  for (const char character : fixtures::root_certificate) {
    text += character == '\n' ? "\r\n" : std::string(1, character);
  }
  CHECK(support::list_of(text).size() == 1);
}

TEST_CASE("blanks around lines, and no line ends at all, do no harm") {
  // Behind, before, in one line, without line ends.
  for (const char* end : {"  \t \r\n", "\n \t", " ", ""}) {
    CAPTURE(end);
    std::string text;
    for (const char character : fixtures::root_certificate) {
      text += character == '\n' ? end : std::string(1, character);
    }
    CHECK(support::list_of(text + text).size() == 2);
  }
}

TEST_CASE("several certificates in DER are all read, and nothing behind them goes unnoticed") {
  const CertificateList two =
      support::list_of(fmt::format("{}{}", fixtures::root_certificate, fixtures::intermediate_certificate));
  const auto der = [](const mbedtls_x509_crt* one) {
    return std::string(persona::as_text({one->raw.p, one->raw.len}));
  };
  const std::string both = der(two.get()) + der(two.get()->next);
  CHECK(support::list_of(both).size() == 2);
  CHECK(support::list_of(both + "\r\n").size() == 2);
  CHECK(failure_of(both.substr(0, both.size() - 1))
            .starts_with("certificate 2 in file.pem (not PEM, so taken for DER)"));
  CHECK(failure_of(both + "x").starts_with("certificate 3 in file.pem (not PEM, so taken for DER)"));
}

TEST_CASE("a text without certificates is refused with what it has instead") {
  CHECK(failure_of("") == "file.pem contains no certificate");
  CHECK(failure_of("hello") == "file.pem contains no certificate");
  CHECK(failure_of(fixtures::ec_key_sec1) == "file.pem contains a private key, not a certificate");
  CHECK(failure_of(fixtures::ec_key_encrypted) == "file.pem contains a private key, not a certificate");
  CHECK(failure_of("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n") ==
        "file.pem contains a certificate request, not a certificate");
  CHECK(failure_of("-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n") ==
        "file.pem contains a PKCS#7 bundle, not a certificate");
}

TEST_CASE("one broken certificate makes the whole text refused, by its number and line") {
  const std::string good(fixtures::root_certificate);
  CHECK(failure_of(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") ==
        "certificate 2 in file.pem (line 12) cannot be parsed: X509 - The CRT/CRL/CSR format is invalid, "
        "e.g. different "
        "type expected");
  CHECK(failure_of(good + replaced(good, "MII", "M!I")) ==
        "certificate 2 in file.pem (line 12) cannot be parsed: PEM - PEM string is not as expected : BASE64 "
        "- Invalid "
        "character in input");
  CHECK(failure_of(good + "-----BEGIN CERTIFICATE-----\nAAAA\n") ==
        "file.pem has a certificate without its -----END line (line 12)");
  CHECK(failure_of("-----BEGIN CERTIFICATE-----\nAAAA\n" + good) ==
        "file.pem has a certificate without its -----END line (line 1)");
  CHECK(failure_of(good + "-----BEGIN CERT") == "file.pem has a PEM block that is cut off (line 12)");
  CHECK(failure_of(replaced(good, "\nMII", "\nM\0I"s))
            .starts_with("certificate 1 in file.pem (line 1) cannot"));
  CHECK(
      failure_of(good + "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n") ==
      "file.pem has a TRUSTED CERTIFICATE (line 12): convert it with openssl x509 -in file.pem -out NEW.pem");
}

TEST_CASE("a refused text leaves the list as it was") {
  CertificateList list = support::list_of(fixtures::root_certificate);
  CHECK_FALSE(list.append_pem(fmt::format("{}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                          fixtures::rsa_certificate))
                  .has_value());
  CHECK(list.size() == 1);
}

TEST_CASE("lists are joined as they are, without parsing a certificate again") {
  CertificateList list;
  list.append(CertificateList());
  CHECK(list.empty());
  CertificateList first = support::list_of(fixtures::rsa_certificate);
  CertificateList more =
      support::list_of(fmt::format("{}{}", fixtures::intermediate_certificate, fixtures::root_certificate));
  const mbedtls_x509_crt* of_first = first.get();
  const mbedtls_x509_crt* of_more = more.get();
  list.append(std::move(first));
  list.append(std::move(more));
  CHECK(list.get() == of_first);
  CHECK(list.get()->next == of_more);
  CHECK(list.size() == 3);
  list.append(CertificateList());
  REQUIRE(list.append_pem(fixtures::ec_certificate).has_value());
  CHECK(list.size() == 4);
  CHECK(list.describe().at(2).name == "CN=Fixture Root");
}
