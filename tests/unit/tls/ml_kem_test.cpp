// ML-KEM-768 as mbedTLS calls it. It takes what is random from its caller, so that NIST's vectors fit.
#include "tls/ml_kem.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "ml_kem_vectors.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/x509/crypto.hpp"
#include "samples.hpp"

#ifdef MBEDTLS_SSL_IANA_TLS_GROUP_X25519MLKEM768

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// A generator that gives what it was given, once, and fails when it is asked for more or less.
struct Given {
  static int random(void* self, unsigned char* output, std::size_t size) {
    auto& given = *static_cast<Given*>(self);
    if (given.bytes.size() != size) {
      return MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
    }
    std::copy(given.bytes.begin(), given.bytes.end(), output);
    given.bytes.clear();
    return 0;
  }
  Bytes bytes;
};

Bytes sha256(ByteView content) {
  REQUIRE(x509::initialise_crypto());
  Bytes hash(32);
  std::size_t size = 0;
  REQUIRE(psa_hash_compute(PSA_ALG_SHA_256, content.data(), content.size(), hash.data(), hash.size(),
                           &size) == PSA_SUCCESS);
  return hash;
}

Bytes decapsulation_key_of(const KeyVector& vector) {
  Given seed{hex(vector.d)};
  const Bytes z = hex(vector.z);
  seed.bytes.insert(seed.bytes.end(), z.begin(), z.end());
  Bytes key(MBEDTLS_SSL_MLKEM768_DECAPSULATION_KEY_LEN);
  REQUIRE(ml_kem_768()->generate(&Given::random, &seed, key.data()) == 0);
  return key;
}

/// FIPS 203, algorithm 16: it is in the decapsulation key, where mbedTLS takes it from.
ByteView encapsulation_key_in(ByteView decapsulation_key) {
  return decapsulation_key.subspan(1152, MBEDTLS_SSL_MLKEM768_ENCAPSULATION_KEY_LEN);
}

struct Encapsulated {
  Encapsulated(ByteView key, const Bytes& m) {
    Given seed{m};
    code =
        ml_kem_768()->encapsulate(&Given::random, &seed, key.data(), ciphertext.data(), shared_secret.data());
  }
  Bytes ciphertext = Bytes(MBEDTLS_SSL_MLKEM768_CIPHERTEXT_LEN);
  Bytes shared_secret = Bytes(MBEDTLS_SSL_MLKEM768_SHARED_SECRET_LEN);
  int code = 0;
};

Bytes decapsulate(ByteView key, ByteView ciphertext) {
  Bytes shared_secret(MBEDTLS_SSL_MLKEM768_SHARED_SECRET_LEN);
  REQUIRE(ml_kem_768()->decapsulate(key.data(), ciphertext.data(), shared_secret.data()) == 0);
  return shared_secret;
}

/// The twelve bits of a coefficient (FIPS 203, algorithm 5) become `value`.
Bytes with_coefficient(ByteView key, std::size_t index, unsigned value) {
  Bytes changed(key.begin(), key.end());
  std::uint8_t* at = &changed[index * 3 / 2];
  if (index % 2 == 0) {
    at[0] = static_cast<std::uint8_t>(value);
    at[1] = static_cast<std::uint8_t>((at[1] & 0xf0U) | value >> 8U);
  } else {
    at[0] = static_cast<std::uint8_t>((at[0] & 0x0fU) | (value & 0xfU) << 4U);
    at[1] = static_cast<std::uint8_t>(value >> 4U);
  }
  return changed;
}

}  // namespace

TEST_SUITE("ML-KEM-768" * doctest::skip(ml_kem_768() == nullptr)) {
  TEST_CASE("NIST's vectors of key generation") {
    for (const auto& vector : key_vectors) {
      CAPTURE(vector.d);
      const Bytes key = decapsulation_key_of(vector);
      CHECK(sha256(encapsulation_key_in(key)) == hex(vector.encapsulation_key));
      CHECK(Bytes(key.end() - 32, key.end()) == hex(vector.z));
    }
  }

  TEST_CASE("NIST's vectors of encapsulation") {
    for (const EncapsulationVector& vector : encapsulation_vectors) {
      const Encapsulated made(hex(vector.encapsulation_key), hex(vector.m));
      CHECK(made.code == 0);
      CHECK(made.shared_secret == hex(vector.shared_secret));
      CHECK(sha256(made.ciphertext) == hex(vector.ciphertext));
    }
  }

  TEST_CASE("what is encapsulated is decapsulated; any other ciphertext gives another secret") {
    for (const auto& vector : key_vectors) {
      const Bytes key = decapsulation_key_of(vector);
      const Encapsulated made(encapsulation_key_in(key), hex(vector.z));
      REQUIRE(made.code == 0);
      CHECK(decapsulate(key, made.ciphertext) == made.shared_secret);
      Bytes changed = made.ciphertext;
      changed.back() ^= 1;
      CHECK(decapsulate(key, changed) != made.shared_secret);
    }
    const Bytes nonsense(MBEDTLS_SSL_MLKEM768_CIPHERTEXT_LEN, 0x5a);
    CHECK(decapsulate(decapsulation_key_of(key_vectors[0]), nonsense) == hex(rejected_secret));
  }

  TEST_CASE("a key whose coefficients are not reduced is refused (FIPS 203, section 7.2)") {
    constexpr unsigned q = 3329;
    constexpr std::size_t coefficients = 3 * 256;
    const Bytes decapsulation_key = decapsulation_key_of(key_vectors[0]);
    const ByteView key = encapsulation_key_in(decapsulation_key);
    for (const std::size_t index : {std::size_t{0}, std::size_t{1}, coefficients / 2, coefficients - 1}) {
      CAPTURE(index);
      CHECK(Encapsulated(with_coefficient(key, index, q - 1), Bytes(32)).code == 0);
      for (const unsigned value : {q, q + 1, 0xfffU}) {
        const Encapsulated made(with_coefficient(key, index, value), Bytes(32));
        CHECK(made.code == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
        CHECK(made.shared_secret == Bytes(32));
      }
    }
  }

  TEST_CASE("without anything random there is neither a key nor a secret") {
    Given none;
    Bytes key(MBEDTLS_SSL_MLKEM768_DECAPSULATION_KEY_LEN);
    CHECK(ml_kem_768()->generate(&Given::random, &none, key.data()) == MBEDTLS_ERR_SSL_HW_ACCEL_FAILED);
    CHECK(key == Bytes(key.size()));
    const Encapsulated made(encapsulation_key_in(decapsulation_key_of(key_vectors[0])), Bytes{});
    CHECK(made.code == MBEDTLS_ERR_SSL_HW_ACCEL_FAILED);
    CHECK(made.shared_secret == Bytes(32));
  }
}

#endif
