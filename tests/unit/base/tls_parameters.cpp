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
  CHECK(persona::find_named_group(std::uint16_t{29})->name == "x25519");
  CHECK(persona::find_named_group(std::uint16_t{0}) == nullptr);
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
  for (const auto& group : persona::named_groups()) {
    CHECK(seen.insert(group.code_point).second);
    CHECK(persona::find_named_group(group.name) == &group);
    CHECK(persona::find_named_group(group.code_point) == &group);
  }
}

TEST_CASE("the hybrid group is the first, and needs TLS 1.3") {
  const auto* hybrid = persona::find_named_group(persona::hybrid_group);
  const auto groups = persona::named_groups();
  CHECK(groups.size() == (hybrid != nullptr ? persona::most_named_groups : persona::most_named_groups - 1));
  if (hybrid != nullptr) {
    CHECK(hybrid == groups.data());
    CHECK(hybrid->code_point == 0x11ec);
    CHECK(hybrid->lowest == TlsVersion::tls13);
  }
  CHECK(groups.back().lowest == TlsVersion::tls12);
}
