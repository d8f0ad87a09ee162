// ipsec-mb, PSA and a reference give the same bytes, and none opens what was changed.
#include <doctest/doctest.h>

#include "ends.hpp"
#include "persona/x509/crypto.hpp"
#include "reference_aead.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr Aead algorithms[] = {Aead::aes_128_gcm, Aead::aes_256_gcm, Aead::chacha20_poly1305};

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t size = 0; size <= 300; ++size) {
    all.push_back(size);
  }
  all.insert(all.end(), {1023, 1024, 1025, 4096, 16383, 16384});
  return all;
}

struct Sample {
  Bytes key;
  Bytes nonce = random_bytes(aead_nonce_size, 2);
  Bytes additional = random_bytes(record_header_size, 3);
  Bytes content;
  std::uint8_t last = 23;

  Sample(Aead algorithm, std::size_t size)
      : key(random_bytes(aead_key_size(algorithm), 1)), content(random_bytes(size, 4)) {}

  Bytes seal(const AeadKey& with) const {
    Bytes sealed(content.size() + 1 + aead_tag_size + 1, 0xee);
    REQUIRE(with.seal(nonce, additional, content, last, sealed.data()));
    REQUIRE(sealed.back() == 0xee);  // nothing was written behind the tag
    sealed.pop_back();
    return sealed;
  }
  Bytes inner() const { return join({content, Bytes{last}}); }
};

}  // namespace

TEST_CASE("every provider seals to the same bytes as the reference") {
  for (const Aead algorithm : algorithms) {
    for (const AeadProvider provider : providers()) {
      CAPTURE(describe_aead_provider(provider));
      for (const std::size_t size : sizes()) {
        CAPTURE(size);
        const Sample sample(algorithm, size);
        const auto key = AeadKey::create(algorithm, sample.key, provider);
        REQUIRE(key);
        const Bytes expected =
            sealed_by_reference(algorithm, sample.key, sample.nonce, sample.additional, sample.inner());
        CHECK(sample.seal(*key) == expected);
        CHECK(sample.seal(*key) == expected);  // nothing of the first call is left in the key
      }
    }
  }
}

TEST_CASE("every provider opens in place what another has sealed") {
  for (const Aead algorithm : algorithms) {
    for (const AeadProvider sealer : providers()) {
      for (const AeadProvider opener : providers()) {
        for (const std::size_t size : sizes()) {
          CAPTURE(size);
          const Sample sample(algorithm, size);
          const auto sealing = AeadKey::create(algorithm, sample.key, sealer);
          const auto opening = AeadKey::create(algorithm, sample.key, opener);
          REQUIRE(sealing);
          REQUIRE(opening);
          Bytes sealed = sample.seal(*sealing);
          REQUIRE(opening->open(sample.nonce, sample.additional, sealed));
          sealed.resize(size + 1);
          CHECK(sealed == sample.inner());
        }
      }
    }
  }
}

TEST_CASE("a changed bit of ciphertext, tag, additional data or nonce does not open") {
  for (const Aead algorithm : algorithms) {
    for (const AeadProvider provider : providers()) {
      for (const std::size_t size : {0U, 1U, 15U, 16U, 40U, 130U, 16'384U}) {
        CAPTURE(size);
        const Sample sample(algorithm, size);
        const auto key = AeadKey::create(algorithm, sample.key, provider);
        REQUIRE(key);
        const Bytes sealed = sample.seal(*key);
        const std::size_t stride = size > 1000 ? 1009 : 1;  // the tag has all its bits changed anyway
        const std::size_t bits = sealed.size() * 8;
        for (std::size_t bit = 0; bit < bits; bit += bit + stride * 8 < bits - 128 ? stride : 1) {
          Bytes damaged = sealed;
          damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
          if (key->open(sample.nonce, sample.additional, damaged)) {
            FAIL_CHECK("opened with a changed bit of the ciphertext: " << bit);
          }
        }
        const auto opens = [&](const Bytes& nonce, const Bytes& additional) {
          Bytes copy = sealed;
          return key->open(nonce, additional, copy);
        };
        for (std::size_t bit = 0; bit < aead_nonce_size * 8; ++bit) {
          Bytes nonce = sample.nonce;
          nonce[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
          CHECK_FALSE(opens(nonce, sample.additional));
        }
        for (std::size_t bit = 0; bit < record_header_size * 8; ++bit) {
          Bytes additional = sample.additional;
          additional[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
          CHECK_FALSE(opens(sample.nonce, additional));
        }
        CHECK(opens(sample.nonce, sample.additional));
      }
    }
  }
}

TEST_CASE("what is shorter than a tag, or cut, does not open") {
  for (const Aead algorithm : algorithms) {
    for (const AeadProvider provider : providers()) {
      const Sample sample(algorithm, 20);
      const auto key = AeadKey::create(algorithm, sample.key, provider);
      REQUIRE(key);
      const Bytes sealed = sample.seal(*key);
      for (std::size_t size = 0; size < sealed.size(); ++size) {
        Bytes cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(key->open(sample.nonce, sample.additional, cut));
      }
    }
  }
}

TEST_CASE("keys of the wrong size are refused") {
  for (const Aead algorithm : algorithms) {
    for (const AeadProvider provider : providers()) {
      for (const std::size_t size : {0U, 15U, 16U, 17U, 24U, 31U, 32U, 33U}) {
        const bool right = size == aead_key_size(algorithm);
        CHECK((AeadKey::create(algorithm, Bytes(size, 1), provider) != nullptr) == right);
      }
    }
  }
}

TEST_CASE("ten thousand keys exist at once, as with ten thousand connections") {
  for (const AeadProvider provider : providers()) {
    std::vector<std::unique_ptr<AeadKey>> keys;
    const Sample sample(Aead::aes_256_gcm, 10);
    const auto expected =
        sealed_by_reference(Aead::aes_256_gcm, sample.key, sample.nonce, sample.additional, sample.inner());
    for (int i = 0; i < 20'000; ++i) {
      keys.push_back(AeadKey::create(Aead::aes_256_gcm, sample.key, provider));
      REQUIRE(keys.back());
    }
    CHECK(sample.seal(*keys.front()) == expected);
    CHECK(sample.seal(*keys.back()) == expected);
  }
}

TEST_CASE("the default provider is one that runs, and all have a name") {
  CHECK(aead_provider_available(default_aead_provider()));
  CHECK(aead_provider_available(AeadProvider::psa));
  CHECK(describe_aead_provider(AeadProvider::psa) == "PSA (mbedTLS)");
  CHECK(describe_aead_provider(AeadProvider::ipsec_mb).substr(0, 8) == "ipsec-mb");
}
