// Every provider computes the same X25519, ML-KEM-768 and SHA-2. NIST's vectors for the one in use are in
// tests/unit/tls/ml_kem_test.cpp, as mbedTLS calls it.
#include "persona/pk/primitives.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/ecdh.h>
#include <psa/crypto.h>

#include "persona/base/bytes.hpp"
#include "persona/x509/crypto.hpp"
#include "pk/aws_lc.h"
#include "pk/ml_kem_sizes.h"

using namespace persona;
using namespace persona::pk;

namespace {

/// The provider for as long as this lives. `instructions` false: AWS-LC as on the oldest x86-64.
class PrimitivesInUse {
 public:
  explicit PrimitivesInUse(Primitives provider, [[maybe_unused]] bool instructions = true) {
    REQUIRE(x509::initialise_crypto());
    use_primitives(provider);
#ifdef PERSONA_AWS_LC
    persona_aws_lc_start(instructions ? 1 : 0);
#endif
  }
  ~PrimitivesInUse() {
    use_primitives(default_primitives());
  }
  PrimitivesInUse(const PrimitivesInUse&) = delete;
  PrimitivesInUse& operator=(const PrimitivesInUse&) = delete;
};

using Coordinate = std::array<std::uint8_t, 32>;  // little-endian

struct Secret {
  int code;
  Coordinate secret;
  bool operator==(const Secret&) const = default;
};

/// As mbedTLS's handshakes call it.
Secret x25519(const Coordinate& scalar, const Coordinate& u) {
  mbedtls_x25519_context context;
  mbedtls_x25519_init(&context);
  std::copy(scalar.begin(), scalar.end(), context.our_secret);
  std::copy(u.begin(), u.end(), context.peer_point);
  Secret agreed{};
  std::size_t size = 0;
  agreed.code = mbedtls_x25519_calc_secret(&context, &size, agreed.secret.data(), agreed.secret.size(),
                                           nullptr, nullptr);
  mbedtls_x25519_free(&context);
  return agreed;
}

/// p + difference, p = 2^255 - 19.
Coordinate near_p(int difference) {
  Coordinate octets;
  octets.fill(0xff);
  octets[0] = static_cast<std::uint8_t>(0xed + difference);
  octets[31] = 0x7f;
  return octets;
}

template <class Octets>
Octets drawn(std::mt19937& generator, Octets octets = {}) {
  for (auto& each : octets) {
    each = static_cast<std::uint8_t>(generator());
  }
  return octets;
}

Bytes octets(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Coordinate coordinate(std::string_view hex) {
  Coordinate coordinate{};
  std::ranges::copy(octets(hex), coordinate.begin());
  return coordinate;
}

/// Of `content` in pieces of this size.
Bytes digest_of(psa_algorithm_t hash, ByteView content, std::size_t piece) {
  psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
  REQUIRE(psa_hash_setup(&operation, hash) == PSA_SUCCESS);
  for (; !content.empty(); content = content.subspan(std::min(piece, content.size()))) {
    REQUIRE(psa_hash_update(&operation, content.data(), std::min(piece, content.size())) == PSA_SUCCESS);
  }
  Bytes digest(PSA_HASH_LENGTH(hash));
  std::size_t size = 0;
  REQUIRE(psa_hash_finish(&operation, digest.data(), digest.size(), &size) == PSA_SUCCESS);
  return digest;
}

struct PrimitivesCase {
  const char* name;
  Primitives provider;
  bool instructions;
};

std::vector<PrimitivesCase> all_primitives() {
  std::vector<PrimitivesCase> all{{"portable", Primitives::portable, true}};
  if (primitives_available(Primitives::aws_lc)) {
    all.push_back({"AWS-LC", Primitives::aws_lc, true});
    all.push_back({"AWS-LC of an old processor", Primitives::aws_lc, false});
  }
  return all;
}

}  // namespace

TEST_SUITE("primitives") {
  TEST_CASE("X25519: the vectors of RFC 7748, section 5.2") {
    for (const PrimitivesCase& each : all_primitives()) {
      CAPTURE(each.name);
      const PrimitivesInUse provider(each.provider, each.instructions);
      CHECK(x25519(coordinate("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                   coordinate("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")) ==
            Secret{0, coordinate("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")});
      CHECK(x25519(coordinate("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                   coordinate("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")) ==
            Secret{0, coordinate("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")});
      Coordinate k{9};
      Coordinate u{9};
      for (int i = 0; i < 1'000; ++i) {
        const Secret next = x25519(k, u);
        REQUIRE(next.code == 0);
        u = k;
        k = next.secret;
      }
      CHECK(k == coordinate("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
    }
  }

  TEST_CASE("X25519: all agree on every point, and refuse those that make the secret zero") {
    std::mt19937 generator(7748);
    // Of low order, the encodings that are not reduced among them: RFC 7748, section 6.1 and 7.
    std::vector<Coordinate> refused{
        Coordinate{},
        Coordinate{1},
        near_p(-1),
        near_p(0),
        near_p(1),
        coordinate("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        coordinate("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    };
    std::vector<Coordinate> taken{Coordinate{2}, Coordinate{9}, near_p(-2), near_p(2), near_p(9), near_p(18)};
    for (int i = 0; i < 200; ++i) {
      taken.push_back(drawn<Coordinate>(generator));
    }
    for (const auto* points : {&refused, &taken}) {
      for (Coordinate u : *points) {
        for (const std::uint8_t unused_bit : {std::uint8_t{0x00}, std::uint8_t{0x80}}) {
          u[31] ^= unused_bit;
          const auto scalar = drawn<Coordinate>(generator);
          std::vector<Secret> all;
          for (const PrimitivesCase& each : all_primitives()) {
            const PrimitivesInUse provider(each.provider, each.instructions);
            all.push_back(x25519(scalar, u));
          }
          CHECK(all.front().code == (points == &refused ? MBEDTLS_ERR_ECP_RANDOM_FAILED : 0));
          for (const Secret& agreed : all) {
            CHECK(agreed == all.front());
          }
        }
      }
    }
  }

  TEST_CASE("SHA-2: NIST's examples, and all agree on every length, in one piece or in several") {
    std::mt19937 generator(180);
    const Bytes content = drawn(generator, Bytes(1'000));
    std::vector<Bytes> digests;  // of all lengths, by the first of the providers
    for (const PrimitivesCase& each : all_primitives()) {
      CAPTURE(each.name);
      const PrimitivesInUse provider(each.provider, each.instructions);
      const Bytes abc{'a', 'b', 'c'};
      CHECK(digest_of(PSA_ALG_SHA_256, abc, abc.size()) ==
            octets("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
      CHECK(digest_of(PSA_ALG_SHA_384, abc, abc.size()) ==
            octets("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca13"
                   "4c825a7"));
      CHECK(digest_of(PSA_ALG_SHA_512, abc, abc.size()) ==
            octets("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
      std::size_t at = 0;
      for (const psa_algorithm_t hash : {PSA_ALG_SHA_256, PSA_ALG_SHA_384, PSA_ALG_SHA_512}) {
        for (std::size_t size = 0; size < content.size(); ++size, ++at) {
          const ByteView part = ByteView(content).first(size);
          const Bytes digest = digest_of(hash, part, 1 + generator() % content.size());
          if (at == digests.size()) {
            digests.push_back(digest);
          }
          REQUIRE(digest == digests[at]);
        }
      }
    }
  }

  TEST_CASE("ML-KEM-768: all make the same of the same seeds, and refuse the same keys") {
    std::mt19937 generator(203);
    for (int round = 0; round < 50; ++round) {
      CAPTURE(round);
      const auto key_seed = drawn(generator, Bytes(persona_ml_kem_768_key_seed));
      const auto seed = drawn(generator, Bytes(persona_ml_kem_768_encapsulation_seed));
      const std::size_t damaged = generator() % persona_ml_kem_768_ciphertext;
      std::vector<std::vector<Bytes>> all;
      for (const PrimitivesCase& each : all_primitives()) {
        const PrimitivesInUse provider(each.provider, each.instructions);
        const MlKem768* ml_kem = ml_kem_768();
        if (ml_kem == nullptr) {
          MESSAGE("skipped: this build has no libcrux");
          return;
        }
        Bytes key(persona_ml_kem_768_decapsulation_key);
        Bytes ciphertext(persona_ml_kem_768_ciphertext);
        Bytes secret(persona_ml_kem_768_shared_secret);
        Bytes ours = secret;
        Bytes rejected = secret;
        REQUIRE(ml_kem->generate(key_seed.data(), key.data()));
        const std::uint8_t* encapsulation_key = key.data() + 1152;  // FIPS 203, algorithm 16
        REQUIRE(ml_kem->encapsulate(encapsulation_key, seed.data(), ciphertext.data(), secret.data()));
        REQUIRE(ml_kem->decapsulate(key.data(), ciphertext.data(), ours.data()));
        CHECK(ours == secret);
        Bytes other = ciphertext;
        other[damaged] ^= 1;
        REQUIRE(ml_kem->decapsulate(key.data(), other.data(), rejected.data()));
        CHECK(rejected != secret);
        all.push_back({key, ciphertext, secret, rejected});

        Bytes bad(encapsulation_key, encapsulation_key + persona_ml_kem_768_encapsulation_key);
        const std::size_t at = generator() % 384 * 3;  // two coefficients
        bad[at] = 0x01;
        bad[at + 1] = static_cast<std::uint8_t>((bad[at + 1] & 0xf0) | 0x0d);  // 3329
        CHECK_FALSE(ml_kem->encapsulate(bad.data(), seed.data(), other.data(), ours.data()));
      }
      for (const auto& made : all) {
        CHECK(made == all.front());
      }
    }
  }

  TEST_CASE("AWS-LC notices a decapsulation key that is not as it was made (FIPS 203, section 7.3)") {
    if (!primitives_available(Primitives::aws_lc)) {
      MESSAGE("skipped: this build has no AWS-LC");
      return;
    }
    const PrimitivesInUse provider(Primitives::aws_lc);
    Bytes key(persona_ml_kem_768_decapsulation_key);
    Bytes secret(persona_ml_kem_768_shared_secret);
    REQUIRE(ml_kem_768()->generate(Bytes(persona_ml_kem_768_key_seed).data(), key.data()));
    const Bytes ciphertext(persona_ml_kem_768_ciphertext);
    CHECK(ml_kem_768()->decapsulate(key.data(), ciphertext.data(), secret.data()));
    key[1152] ^= 1;
    CHECK_FALSE(ml_kem_768()->decapsulate(key.data(), ciphertext.data(), secret.data()));
  }

  TEST_CASE("it is said who computes") {
    for (const PrimitivesCase& each : all_primitives()) {
      const std::string text = describe_primitives(each.provider);
      CHECK(text.find("X25519") == 0);
      CHECK((text.find("AWS-LC") != std::string::npos) == (each.provider == Primitives::aws_lc));
    }
  }
}
