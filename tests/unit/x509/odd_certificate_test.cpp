#include "persona/x509/odd_certificate.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/fixtures.hpp"
#include "persona/x509/pem.hpp"

using namespace persona::x509;

namespace {

persona::Bytes certificate_of(std::string_view pem) {
  return pem_content(pem, "CERTIFICATE").value();
}

}  // namespace

TEST_CASE("a certificate that mbedTLS does not parse is named, and what is odd about it") {
  const auto odd = describe_odd_certificate(certificate_of(fixtures::ed25519_certificate));
  REQUIRE(odd.has_value());
  CHECK(odd->name == "CN=Odd CA");
  CHECK(odd->why == "has an Ed25519 key");
  const auto usual = describe_odd_certificate(certificate_of(fixtures::rsa_certificate));
  REQUIRE(usual.has_value());
  CHECK(usual->name == "CN=rsa leaf");
  CHECK(usual->why == "");
}

TEST_CASE("what is cut off or followed by something is no odd certificate but a damaged one") {
  const persona::Bytes whole = certificate_of(fixtures::ed25519_certificate);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(describe_odd_certificate(persona::ByteView(whole).first(size)).has_value());
  }
  persona::Bytes more = whole;
  more.push_back(0);
  CHECK_FALSE(describe_odd_certificate(more).has_value());
}
