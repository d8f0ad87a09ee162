// Keys that sign elsewhere: behind libcrypto, and behind whatever a Signer is.
#include "persona/pk/signer.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/error.h>

#include "keys.hpp"

using namespace persona;
using namespace persona::pk;
using namespace persona::pk::test;

namespace {

constexpr mbedtls_ecp_group_id named_curves[] = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
                                                 MBEDTLS_ECP_DP_SECP521R1};

struct HashKind {
  Hash hash;
  mbedtls_md_type_t type;
  std::size_t size;
};
constexpr HashKind hashes[] = {{Hash::sha256, MBEDTLS_MD_SHA256, 32},
                               {Hash::sha384, MBEDTLS_MD_SHA384, 48},
                               {Hash::sha512, MBEDTLS_MD_SHA512, 64}};

/// Null where mbedTLS signs by itself.
std::unique_ptr<const Signer> signer_of(const Key& key) {
  auto made = make_signer(key.context);
  REQUIRE(made);
  return std::move(*made);
}

/// What a signature looks like to both providers.
void check_good(Key& key, ByteView digest, ByteView signature, mbedtls_md_type_t type, bool pss = false) {
  CHECK(verify(key, digest, signature, type, pss, pss ? static_cast<int>(digest.size()) : 0) == 0);
  const Using mbedtls(Provider::mbedtls);
  CHECK(verify(key, digest, signature, type, pss, pss ? static_cast<int>(digest.size()) : 0) == 0);
}

class Failing final : public Signer {
 public:
  explicit Failing(bool throws) : throws_(throws) {}
  Result<std::size_t> sign(Scheme, Hash, ByteView, ByteSpan) const override {
    if (throws_) {
      throw std::runtime_error("the token has caught fire");
    }
    return fail(ErrorKind::internal, "{}", std::string(1000, 'x'));
  }

 private:
  bool throws_;
};

}  // namespace

TEST_CASE("a key in memory signs by its provider, and everybody verifies it") {
  const Bytes digest(64, 0x5a);
  for (const auto curve : named_curves) {
    Key key(curve);
    const auto signer = signer_of(key);
    if (signer == nullptr) {
      MESSAGE("mbedTLS signs with curve " << curve);
      continue;
    }
    for (const HashKind& kind : hashes) {
      Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
      const auto written =
          signer->sign(Scheme::ecdsa, kind.hash, ByteView(digest).first(kind.size), signature);
      REQUIRE(written);
      signature.resize(*written);
      check_good(key, ByteView(digest).first(kind.size), signature, kind.type);
    }
  }
  if (const auto signer = signer_of(rsa_key())) {
    for (const HashKind& kind : hashes) {
      for (const bool pss : {false, true}) {
        Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
        const auto written = signer->sign(pss ? Scheme::rsa_pss : Scheme::rsa_pkcs1, kind.hash,
                                          ByteView(digest).first(kind.size), signature);
        REQUIRE(written);
        signature.resize(*written);
        check_good(rsa_key(), ByteView(digest).first(kind.size), signature, kind.type, pss);
      }
    }
  }
}

TEST_CASE("a signature counts for its key, scheme, hash and digest alone") {
  const auto sign = [](Key& key, mbedtls_pk_type_t type, ByteView digest) {
    Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
    std::size_t size = 0;
    REQUIRE(mbedtls_pk_sign_ext(type, &key.context, MBEDTLS_MD_SHA256, digest.data(), digest.size(),
                                signature.data(), signature.size(), &size, x509::psa_random, nullptr) == 0);
    signature.resize(size);
    return signature;
  };
  const Bytes digest(32, 0x5a);
  const Bytes another(32, 0xa5);
  Key ec(MBEDTLS_ECP_DP_SECP256R1);
  Key other(MBEDTLS_ECP_DP_SECP256R1);
  for (const auto& [key, type, scheme] : {std::tuple(&ec, MBEDTLS_PK_ECDSA, Scheme::ecdsa),
                                          std::tuple(&rsa_key(), MBEDTLS_PK_RSA, Scheme::rsa_pkcs1),
                                          std::tuple(&rsa_key(), MBEDTLS_PK_RSASSA_PSS, Scheme::rsa_pss)}) {
    Bytes signature = sign(*key, type, digest);
    CHECK(verifies(key->context, scheme, Hash::sha256, digest, signature));
    CHECK_FALSE(verifies(key->context, scheme, Hash::sha256, another, signature));
    CHECK_FALSE(verifies(other.context, scheme, Hash::sha256, digest, signature));
    if (scheme != Scheme::ecdsa) {
      const Scheme wrong = scheme == Scheme::rsa_pss ? Scheme::rsa_pkcs1 : Scheme::rsa_pss;
      CHECK_FALSE(verifies(key->context, wrong, Hash::sha256, digest, signature));
    }
    signature.back() ^= 1U;
    CHECK_FALSE(verifies(key->context, scheme, Hash::sha256, digest, signature));
    CHECK_FALSE(verifies(key->context, scheme, Hash::sha256, digest, {}));
  }
}

TEST_CASE("without libcrypto, and for other curves, mbedTLS signs by itself") {
  CHECK(signer_of(Key(MBEDTLS_ECP_DP_BP256R1)) == nullptr);
  CHECK(signer_of(Key(MBEDTLS_ECP_DP_SECP256K1)) == nullptr);
  const Using mbedtls(Provider::mbedtls);
  CHECK(signer_of(Key(MBEDTLS_ECP_DP_SECP256R1)) == nullptr);
}

TEST_CASE("what cannot be signed is an error in words") {
  if (default_provider() != Provider::libcrypto) {
    return;
  }
  const Bytes digest(32, 1);
  std::array<std::uint8_t, 16> small{};
  Bytes enough(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
  const Key ec(MBEDTLS_ECP_DP_SECP256R1);
  for (const Key* key : {&ec, static_cast<const Key*>(&rsa_key())}) {
    const auto signer = signer_of(*key);
    const Scheme scheme = key == &ec ? Scheme::ecdsa : Scheme::rsa_pss;
    REQUIRE(signer != nullptr);
    for (const auto& failed : {signer->sign(scheme, Hash::sha256, digest, small),
                               signer->sign(scheme, Hash::sha384, digest, enough),
                               signer->sign(scheme, Hash::sha256, {}, enough)}) {
      REQUIRE_FALSE(failed);
      CHECK(failed.error().message.starts_with("libcrypto failed: "));
    }
    CHECK(signer->sign(scheme, Hash::sha256, digest, enough));
  }
  // Each knows one kind of signature only.
  CHECK_FALSE(signer_of(ec)->sign(Scheme::rsa_pss, Hash::sha256, digest, enough));
}

TEST_CASE("mbedTLS signs through a signer, and has the public key alone") {
  if (!signers_are_supported()) {
    MESSAGE("not tested: this mbedTLS takes no signers");
    return;
  }
  const Bytes digest(32, 7);
  Key ec(MBEDTLS_ECP_DP_SECP521R1);
  for (Key* key : {&ec, &rsa_key()}) {
    const auto signer = signer_of(*key);
    if (signer == nullptr) {
      continue;
    }
    Key front;
    REQUIRE(set_up(front.context, key->context, *signer));
    CHECK(mbedtls_pk_get_type(&front.context) == mbedtls_pk_get_type(&key->context));
    CHECK(mbedtls_pk_get_bitlen(&front.context) == mbedtls_pk_get_bitlen(&key->context));
    const bool rsa = key != &ec;
    if (rsa) {
      CHECK(mbedtls_rsa_check_privkey(mbedtls_pk_rsa(front.context)) != 0);
    } else {
      CHECK(mbedtls_mpi_size(&mbedtls_pk_ec(front.context)->MBEDTLS_PRIVATE(d)) == 0);
    }
    for (const bool pss : {false, rsa}) {
      const Bytes signature = sign(front, digest, MBEDTLS_MD_SHA256, pss);
      REQUIRE_FALSE(signature.empty());
      check_good(*key, digest, signature, MBEDTLS_MD_SHA256, pss);
      check_good(front, digest, signature, MBEDTLS_MD_SHA256, pss);
    }
    // What no peer asks for.
    CHECK(sign(front, Bytes(20, 1), MBEDTLS_MD_SHA1).empty());
    CHECK(take_failure() == "the algorithm is not supported");
    CHECK(take_failure().empty());
    Key again;
    CHECK_FALSE(set_up(front.context, key->context, *signer));  // not empty
  }
}

TEST_CASE("a signer that fails says why, once, on its own thread") {
  if (!signers_are_supported()) {
    return;
  }
  const Failing fire(true);
  const Failing words(false);
  const Bytes digest(32, 7);
  Key key(MBEDTLS_ECP_DP_SECP256R1);
  Key front;
  Key other;
  REQUIRE(set_up(front.context, key.context, fire));
  REQUIRE(set_up(other.context, key.context, words));
  CHECK(sign(front, digest, MBEDTLS_MD_SHA256).empty());
  std::thread([&] { CHECK(take_failure().empty()); }).join();
  CHECK(take_failure() == "the token has caught fire");
  CHECK(sign(other, digest, MBEDTLS_MD_SHA256).empty());
  const std::string cut = take_failure();
  CHECK(cut.size() < 1000);
  CHECK(cut == std::string(cut.size(), 'x'));
  CHECK(take_failure().empty());
}

TEST_SUITE("threads") {
  TEST_CASE("threads sign with one key and verify with one key") {
    if (default_provider() != Provider::libcrypto) {
      return;
    }
    Key ec(MBEDTLS_ECP_DP_SECP256R1);
    for (Key* key : {&ec, &rsa_key()}) {
      const auto signer = signer_of(*key);
      const Scheme scheme = key == &ec ? Scheme::ecdsa : Scheme::rsa_pss;
      std::array<int, 4> good{};
      std::vector<std::thread> threads;
      for (std::size_t at = 0; at < good.size(); ++at) {
        threads.emplace_back([&, at] {
          for (int round = 0; round < 10; ++round) {
            const Bytes digest(32, static_cast<std::uint8_t>(at * 16 + static_cast<std::size_t>(round)));
            Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
            const auto size = signer->sign(scheme, Hash::sha256, digest, signature);
            signature.resize(size.value_or(0));
            Bytes wrong = digest;
            wrong[0] ^= 0x80U;
            const bool pss = key != &ec;
            good[at] += verify(*key, digest, signature, MBEDTLS_MD_SHA256, pss, 32) == 0 ? 1 : 0;
            good[at] += verify(*key, wrong, signature, MBEDTLS_MD_SHA256, pss, 32) != 0 ? 1 : 0;
          }
        });
      }
      for (std::thread& each : threads) {
        each.join();
      }
      CHECK(good == std::array<int, 4>{20, 20, 20, 20});
    }
  }
}
