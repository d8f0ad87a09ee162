// Every provider accepts and refuses the same signatures, with the same code of mbedTLS's.
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/error.h>

#include "../../forge/forge.hpp"
#include "keys.hpp"

using namespace persona;
using namespace persona::pk;
using namespace persona::pk::test;

namespace {

constexpr mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
                                           MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_BP256R1,
                                           MBEDTLS_ECP_DP_SECP256K1};

Bytes random_octets(std::size_t count, std::mt19937& generator) {
  Bytes octets(count);
  for (auto& each : octets) {
    each = static_cast<std::uint8_t>(generator());
  }
  return octets;
}

/// A number of a signature, as an owner.
struct Number {
  Number() { mbedtls_mpi_init(&value); }
  explicit Number(int small) : Number() { must(mbedtls_mpi_lset(&value, small) == 0); }
  explicit Number(const mbedtls_mpi& other) : Number() { must(mbedtls_mpi_copy(&value, &other) == 0); }
  ~Number() { mbedtls_mpi_free(&value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;

  mbedtls_mpi value{};
};

Bytes encode(const mbedtls_mpi& r, const mbedtls_mpi& s) {
  Bytes room(400);
  unsigned char* at = room.data() + room.size();
  int size = mbedtls_asn1_write_mpi(&at, room.data(), &s);
  size += mbedtls_asn1_write_mpi(&at, room.data(), &r);
  size += mbedtls_asn1_write_len(&at, room.data(), static_cast<std::size_t>(size));
  size += mbedtls_asn1_write_tag(&at, room.data(), MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
  return {at, room.data() + room.size()};
}

/// The codes of both, which have to be the same one.
int agreed(Key& key, ByteView hash, ByteView signature, mbedtls_md_type_t type = MBEDTLS_MD_NONE,
           bool pss = false, int salt = MBEDTLS_RSA_SALT_LEN_ANY) {
  int by_mbedtls = 0;
  {
    const Using mbedtls(Provider::mbedtls);
    by_mbedtls = verify(key, hash, signature, type, pss, salt);
  }
  CHECK(verify(key, hash, signature, type, pss, salt) == by_mbedtls);
  return by_mbedtls;
}

struct Signed {
  explicit Signed(mbedtls_ecp_group_id curve, std::size_t hash_size = 32) : key(curve) {
    std::mt19937 generator(static_cast<unsigned>(curve));
    hash = random_octets(hash_size, generator);
    auto* pair = mbedtls_pk_ec(key.context);
    mbedtls_mpi& d = pair->MBEDTLS_PRIVATE(d);
    must(mbedtls_ecdsa_sign(&group(), &r.value, &s.value, &d, hash.data(), hash.size(), x509::psa_random,
                            nullptr) == 0);
  }

  mbedtls_ecp_group& group() { return mbedtls_pk_ec(key.context)->MBEDTLS_PRIVATE(grp); }
  mbedtls_ecp_point& point() { return mbedtls_pk_ec(key.context)->MBEDTLS_PRIVATE(Q); }

  Key key;
  Bytes hash;
  Number r;
  Number s;
};

}  // namespace

TEST_CASE("the default provider is what was built, and says so") {
  CHECK(provider_available(default_provider()));
  CHECK(describe_provider(Provider::mbedtls) == "mbedTLS");
  if (default_provider() == Provider::libcrypto) {
    CHECK(describe_provider(Provider::libcrypto).find("OpenSSL") != std::string::npos);
  } else {
    MESSAGE("not compared: this build has no libcrypto");
  }
}

TEST_CASE("ECDSA: good signatures, of hashes of any length") {
  for (const auto curve : curves) {
    for (const std::size_t size : {1U, 20U, 28U, 32U, 48U, 64U, 100U}) {
      CAPTURE(curve);
      CAPTURE(size);
      Signed made(curve, size);
      const Bytes signature = encode(made.r.value, made.s.value);
      CHECK(agreed(made.key, made.hash, signature) == 0);
      made.hash[0] ^= 1U;
      CHECK(agreed(made.key, made.hash, signature) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
    }
  }
}

TEST_CASE("ECDSA: r and s that are zero, not below n, negated, exchanged") {
  for (const auto curve : curves) {
    CAPTURE(curve);
    Signed made(curve);
    const Number zero(0);
    const Number one(1);
    const Number n(made.group().N);
    Number above;
    Number negated;
    must(mbedtls_mpi_add_mpi(&above.value, &made.r.value, &n.value) == 0 &&
         mbedtls_mpi_sub_mpi(&negated.value, &n.value, &made.s.value) == 0);
    const auto judge = [&](const Number& r, const Number& s) {
      return agreed(made.key, made.hash, encode(r.value, s.value));
    };
    CHECK(judge(made.r, negated) == 0);  // a signature is as good with n - s
    for (const Number* other : std::initializer_list<const Number*>{&zero, &one, &n, &above}) {
      CHECK(judge(*other, made.s) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
      CHECK(judge(made.r, *other) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
      CHECK(judge(*other, *other) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
    }
    CHECK(judge(made.s, made.r) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
  }
}

TEST_CASE("ECDSA: odd encodings") {
  for (const auto curve : curves) {
    CAPTURE(curve);
    Signed made(curve);
    const Bytes good = encode(made.r.value, made.s.value);
    const auto judge = [&](const Bytes& signature) { return agreed(made.key, made.hash, signature); };
    Bytes longer = good;
    longer.push_back(0);
    CHECK(judge(longer) != 0);
    CHECK(judge({}) != 0);
    for (std::size_t size = 1; size < good.size(); size += 7) {
      CHECK(judge({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}) != 0);
    }
    // A number with a zero too many, and one that is negative: not DER. Equal is enough.
    const std::size_t content = good[1] < 0x80 ? 2 : 3;
    Bytes padded = good;
    padded.insert(padded.begin() + static_cast<std::ptrdiff_t>(content) + 2, 0);
    padded[content - 1] += 1;
    padded[content + 1] += 1;
    judge(padded);
    Bytes high = good;
    high[content + 2] |= 0x80;
    judge(high);
    Bytes elsewhere = good;
    elsewhere[0] = MBEDTLS_ASN1_OCTET_STRING;
    CHECK(judge(elsewhere) != 0);
  }
}

TEST_CASE("ECDSA: random signatures, hashes and octets") {
  std::mt19937 generator(17);
  for (const auto curve : curves) {
    Signed made(curve);
    const Bytes good = encode(made.r.value, made.s.value);
    for (int round = 0; round < 24; ++round) {
      Bytes bad = good;
      bad[generator() % bad.size()] ^= static_cast<std::uint8_t>(1U << generator() % 8);
      CAPTURE(curve);
      CAPTURE(round);
      agreed(made.key, made.hash, bad);
      agreed(made.key, random_octets(generator() % 70, generator), good);
      agreed(made.key, made.hash, random_octets(generator() % 160, generator));
    }
  }
}

TEST_CASE("ECDSA: a key that is off its curve, and the key of another") {
  for (const auto curve : curves) {
    CAPTURE(curve);
    Signed made(curve);
    const Bytes signature = encode(made.r.value, made.s.value);
    const Signed stranger(curve);
    Key other(curve);
    CHECK(agreed(other, made.hash, signature) == MBEDTLS_ERR_ECP_VERIFY_FAILED);
    must(mbedtls_mpi_add_int(&made.point().MBEDTLS_PRIVATE(Y), &made.point().MBEDTLS_PRIVATE(Y), 1) == 0);
    CHECK(agreed(made.key, made.hash, signature) != 0);
    must(mbedtls_ecp_set_zero(&made.point()) == 0);
    CHECK(agreed(made.key, made.hash, signature) != 0);
  }
  // And a good one is still verified with what was kept of the bad ones.
  Signed made(MBEDTLS_ECP_DP_SECP256R1);
  CHECK(agreed(made.key, made.hash, encode(made.r.value, made.s.value)) == 0);
}

TEST_CASE("RSA: both paddings, good and bad") {
  std::mt19937 generator(3);
  const Bytes hash = random_octets(32, generator);
  Key of_1024(1024, 3);
  Key of_1536(1536, 65537);
  for (Key* key : {&of_1024, &of_1536, &rsa_key()}) {
    CAPTURE(mbedtls_pk_get_bitlen(&key->context));
    for (const bool pss : {false, true}) {
      const Bytes good = sign(*key, hash, MBEDTLS_MD_SHA256, pss);
      REQUIRE_FALSE(good.empty());
      CHECK(agreed(*key, hash, good, MBEDTLS_MD_SHA256, pss) == 0);
      CHECK(agreed(*key, hash, good, MBEDTLS_MD_SHA256, !pss) != 0);
      Bytes longer = good;
      longer.push_back(0);
      CHECK(agreed(*key, hash, longer, MBEDTLS_MD_SHA256, pss) == MBEDTLS_ERR_PK_SIG_LEN_MISMATCH);
      Bytes other = hash;
      other[31] ^= 1U;
      CHECK(agreed(*key, other, good, MBEDTLS_MD_SHA256, pss) != 0);
      for (int round = 0; round < 16; ++round) {
        Bytes bad = good;
        bad[generator() % bad.size()] ^= static_cast<std::uint8_t>(1U << generator() % 8);
        CHECK(agreed(*key, hash, bad, MBEDTLS_MD_SHA256, pss) != 0);
        CHECK(agreed(*key, hash, random_octets(generator() % 300, generator), MBEDTLS_MD_SHA256, pss) != 0);
      }
      CHECK(agreed(*key, hash, Bytes(good.size(), 0), MBEDTLS_MD_SHA256, pss) != 0);
      CHECK(agreed(*key, hash, Bytes(good.size(), 0xff), MBEDTLS_MD_SHA256, pss) != 0);  // above the modulus
    }
    const Bytes salted = sign(*key, hash, MBEDTLS_MD_SHA256, true);
    CHECK(agreed(*key, hash, salted, MBEDTLS_MD_SHA256, true, 32) == 0);
    CHECK(agreed(*key, hash, salted, MBEDTLS_MD_SHA256, true, 20) != 0);
  }
}

TEST_CASE("RSA: the public operation on numbers at the edges, also with an exponent as long as the modulus") {
  support::ForgedKey usual(support::Exponent::usual);
  support::ForgedKey longest(support::Exponent::as_long_as_the_modulus);
  for (mbedtls_pk_context* key : {&usual.context, &longest.context, &rsa_key().context}) {
    auto* rsa = mbedtls_pk_rsa(*key);
    const std::size_t size = mbedtls_rsa_get_len(rsa);
    Bytes modulus(size);
    must(mbedtls_rsa_export_raw(rsa, modulus.data(), size, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0) ==
         0);
    Bytes below = modulus;
    below.back() -= 1;
    Bytes one(size, 0);
    one.back() = 1;
    Bytes two(size, 0);
    two.back() = 2;
    std::vector<Bytes> inputs = {two, modulus};
    if (key != &longest.context) {  // which takes long
      inputs.insert(inputs.end(), {Bytes(size, 0), one, below, Bytes(size, 0xff)});
    }
    for (const Bytes& input : inputs) {
      Bytes expected(size, 0xaa);
      Bytes result(size, 0xaa);
      int by_mbedtls = 0;
      {
        const Using mbedtls(Provider::mbedtls);
        by_mbedtls = mbedtls_rsa_public(rsa, input.data(), expected.data());
      }
      CHECK(mbedtls_rsa_public(rsa, input.data(), result.data()) == by_mbedtls);
      CHECK(result == expected);
    }
  }
}
