#include <doctest/doctest.h>
#include <mbedtls/asn1.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/test_authority.hpp"
#include "authority/ledger.hpp"
#include "persona/x509/certificate_reader.hpp"
#include "persona/x509/crl_reader.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/serial_number.hpp"

using namespace persona;
using namespace persona::authority;
using namespace persona::x509;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

/// mbedTLS's reading of a CRL, and its verdict on certificates.
class Parsed {
 public:
  explicit Parsed(const std::string& pem) {
    mbedtls_x509_crl_init(&crl_);
    REQUIRE(mbedtls_x509_crl_parse(&crl_, reinterpret_cast<const unsigned char*>(pem.c_str()),
                                   pem.size() + 1) == 0);
  }
  ~Parsed() { mbedtls_x509_crl_free(&crl_); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  std::uint32_t verdict_on(const CertificateList& leaf, const CertificateList& ca) {
    std::uint32_t flags = 0;
    mbedtls_x509_crt_verify(leaf.get(), ca.get(), &crl_, nullptr, &flags, nullptr, nullptr);
    return flags;
  }

 private:
  mbedtls_x509_crl crl_;
};

RevocationList list_for(std::vector<RevokedCertificate> revoked) {
  return {now() - 5min, now() + days(30), 7, std::move(revoked)};
}

std::string crl_of(const Authority& authority, const RevocationList& list) {
  const auto crl = authority.revocation_list(list);
  REQUIRE_MESSAGE(crl.has_value(), (crl ? "" : crl.error().message));
  return *crl;
}

ReadCrl reading_of(const std::string& pem) {
  const auto read = read_crl(pem_content(pem, "X509 CRL").value());
  REQUIRE(read.has_value());
  return *read;
}

Bytes serial_of(const CertificateList& leaf) {
  return serial_octets(describe(*leaf.get()).serial);
}

}  // namespace

TEST_CASE("a CRL revokes what it lists and nothing else") {
  const Authority& authority = support::test_authority();
  const auto ca = support::list_of(authority.certificate_pem());
  const auto bad = support::list_of(support::issue("bad").certificate);
  const auto good = support::list_of(support::issue("good").certificate);
  Parsed crl(crl_of(authority, list_for({{serial_of(bad), now(), RevocationReason::key_compromise}})));
  CHECK(crl.verdict_on(bad, ca) == MBEDTLS_X509_BADCERT_REVOKED);
  CHECK(crl.verdict_on(good, ca) == 0);
}

TEST_CASE("a CRL is signed by its CA and by no other of that name") {
  const auto other = Authority::create("Test CA", days(10)).value();
  const auto ca = support::list_of(support::test_authority().certificate_pem());
  const auto leaf = support::list_of(support::issue("leaf").certificate);
  Parsed crl(crl_of(other, list_for({{serial_of(leaf), now(), RevocationReason::unspecified}})));
  CHECK((crl.verdict_on(leaf, ca) & MBEDTLS_X509_BADCRL_NOT_TRUSTED) != 0);
}

TEST_CASE("a CRL says when, why and which number") {
  const TimePoint when = std::chrono::floor<std::chrono::seconds>(now() - days(3));
  RevocationList list = list_for({{{0x81, 0x02}, when, RevocationReason::key_compromise},
                                  {{0x00, 0x7f}, when, RevocationReason::unspecified},
                                  {{0x05}, when, RevocationReason::privilege_withdrawn}});
  list.number = 0x8000;  // its INTEGER needs a leading zero
  const ReadCrl read = reading_of(crl_of(support::test_authority(), list));
  CHECK(read.issuer == "CN=Test CA");
  CHECK(read.small_number() == 0x8000);
  CHECK(read.this_update == list.this_update);
  CHECK(read.next_update == list.next_update);
  REQUIRE(read.entries.size() == 3);
  CHECK(serial_text(read.entries[0].serial) == "81:02");
  CHECK(serial_text(read.entries[1].serial) == "7F");
  CHECK(read.entries[0].reason == 1);
  CHECK(read.entries[1].reason == 0);
  CHECK(read.entries[2].reason == 9);
  CHECK(read.entries[0].when == when);
}

TEST_CASE("an empty CRL, a large one, and one that ends after 2049") {
  RevocationList list = list_for({});
  list.next_update = std::chrono::sys_days(std::chrono::year(2050) / 1 / 1);
  CHECK(reading_of(crl_of(support::test_authority(), list)).entries.empty());
  CHECK(reading_of(crl_of(support::test_authority(), list)).next_update == list.next_update);
  for (std::uint8_t i = 0; i < 200; ++i) {
    Bytes serial(20, 0xff);
    serial[19] = i;
    for (int copy = 0; copy < 50; ++copy) {
      list.revoked.push_back({serial, now(), RevocationReason::superseded});
    }
  }
  const ReadCrl read = reading_of(crl_of(support::test_authority(), list));
  REQUIRE(read.entries.size() == 10'000);
  CHECK(read.entries.back().serial.size() == 21);  // positive
}

TEST_CASE("what is no CRL is refused, wherever it is cut off") {
  const std::string pem =
      crl_of(support::test_authority(), list_for({{{0x05}, now(), RevocationReason::superseded}}));
  const Bytes der = pem_content(pem, "X509 CRL").value();
  for (std::size_t size = 0; size < der.size(); ++size) {
    CHECK_FALSE(read_crl(ByteView(der).first(size)).has_value());
  }
}
