// r and s as two numbers of one size become an ECDSA-Sig-Value.
#include "persona/pk/ecdsa_signature.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/ecdsa.h>

#include "keys.hpp"

using namespace persona;
using namespace persona::pk;
using namespace persona::pk::test;

namespace {

Bytes der_or_nothing(const Bytes& raw, std::size_t room = 150) {
  Bytes der(room);
  const auto size = der_of_raw(raw, der);
  der.resize(size ? *size : 0);
  return der;
}

}  // namespace

TEST_CASE("numbers are as short as DER wants them, and never negative") {
  CHECK(der_or_nothing({0x00, 0x7f, 0x00, 0x80}) == Bytes{0x30, 7, 2, 1, 0x7f, 2, 2, 0, 0x80});
  CHECK(der_or_nothing({0x00, 0x00, 0x01, 0xff, 0xff, 0xff}) ==
        Bytes{0x30, 9, 2, 1, 0x01, 2, 4, 0, 0xff, 0xff, 0xff});
}

TEST_CASE("the longest one, of P-521 with both top bits set, has a length of two bytes") {
  const Bytes der = der_or_nothing(Bytes(132, 0xff));
  REQUIRE(der.size() == 132 + 9);
  CHECK(std::equal(der.begin(), der.begin() + 7, Bytes{0x30, 0x81, 138, 2, 67, 0, 0xff}.begin()));
  CHECK(der_or_nothing(Bytes(132, 0xff), der.size()) == der);
  CHECK(der_or_nothing(Bytes(132, 0xff), der.size() - 1).empty());
}

TEST_CASE("what is no signature is refused") {
  CHECK(der_or_nothing({}).empty());
  CHECK(der_or_nothing({1}).empty());
  CHECK(der_or_nothing({1, 2, 3}).empty());     // no two of one size
  CHECK(der_or_nothing({0, 0, 1, 2}).empty());  // r is zero
  CHECK(der_or_nothing({1, 2, 0, 0}).empty());  // s is
  CHECK(der_or_nothing(Bytes(134, 1)).empty());
}

TEST_CASE("mbedTLS verifies it, on each curve") {
  for (const auto curve : {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1}) {
    Key key(curve);
    const Bytes digest(32, 0x5a);
    mbedtls_ecp_keypair& pair = *mbedtls_pk_ec(key.context);
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    REQUIRE(mbedtls_ecdsa_sign(&pair.MBEDTLS_PRIVATE(grp), &r, &s, &pair.MBEDTLS_PRIVATE(d), digest.data(),
                               digest.size(), x509::psa_random, nullptr) == 0);
    const std::size_t half = (mbedtls_pk_get_bitlen(&key.context) + 7) / 8;
    Bytes raw(2 * half);
    REQUIRE(mbedtls_mpi_write_binary(&r, raw.data(), half) == 0);
    REQUIRE(mbedtls_mpi_write_binary(&s, raw.data() + half, half) == 0);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    CHECK(verify(key, digest, der_or_nothing(raw), MBEDTLS_MD_SHA256) == 0);
  }
}
