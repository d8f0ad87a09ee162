#include "persona/base/tls_parameters.hpp"

#include <set>

#include <doctest/doctest.h>

using persona::TlsVersion;

TEST_CASE("suites and groups are found by IANA name and code point") {
  const auto* suite = persona::find_cipher_suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  REQUIRE(suite != nullptr);
  CHECK(suite->code_point == 0xc02f);
  CHECK(suite->version == TlsVersion::tls12);
  CHECK(persona::find_cipher_suite(std::uint16_t{0x1301})->name == "TLS_AES_128_GCM_SHA256");
  CHECK(persona::find_named_group("x25519")->code_point == 29);
  CHECK(persona::to_string(TlsVersion::tls13) == "TLSv1.3");
}

TEST_CASE("nothing without forward secrecy and an AEAD can be named") {
  CHECK(persona::find_cipher_suite("TLS_RSA_WITH_AES_128_GCM_SHA256") == nullptr);
  CHECK(persona::find_cipher_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256") == nullptr);
  CHECK(persona::find_cipher_suite("") == nullptr);
  CHECK(persona::find_cipher_suite(std::uint16_t{0x009c}) == nullptr);
  CHECK(persona::find_named_group("secp192r1") == nullptr);
}

TEST_CASE("no code point is listed twice") {
  std::set<std::uint16_t> seen;
  for (const auto& suite : persona::cipher_suites()) {
    CHECK(seen.insert(suite.code_point).second);
    CHECK(persona::find_cipher_suite(suite.name) == &suite);
  }
  CHECK(seen.size() == 9);
}
