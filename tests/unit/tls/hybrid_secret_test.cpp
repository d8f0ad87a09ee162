// The secret of X25519MLKEM768, computed here without mbedTLS's key schedule: two ends that are wrong alike
// would understand each other.
#include <doctest/doctest.h>
#include <mbedtls/md.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "client_hello.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/tls/key_schedule.hpp"
#include "tls/ml_kem.hpp"

#ifdef MBEDTLS_SSL_IANA_TLS_GROUP_X25519MLKEM768

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr std::size_t hash_bytes = 32;  // of SHA-256, the hash of the suite
constexpr std::size_t key_bytes = MBEDTLS_SSL_MLKEM768_ENCAPSULATION_KEY_LEN;

Bytes sha256_of(ByteView content) {
  Bytes hash(hash_bytes);
  std::size_t size = 0;
  REQUIRE(psa_hash_compute(PSA_ALG_SHA_256, content.data(), content.size(), hash.data(), hash.size(),
                           &size) == PSA_SUCCESS);
  return hash;
}

/// HKDF-Extract (RFC 5869 section 2.2).
Bytes extract(ByteView salt, ByteView secret) {
  Bytes key(hash_bytes);
  REQUIRE(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), salt.data(), salt.size(),
                          secret.data(), secret.size(), key.data()) == 0);
  return key;
}

/// Derive-Secret (RFC 8446 section 7.1).
Bytes derive_secret(ByteView secret, std::string_view label, ByteView messages) {
  Bytes derived(hash_bytes);
  REQUIRE(expand_label(Hash::sha256, secret, label, sha256_of(messages), derived));
  return derived;
}

/// The share of a server, and what both ends then have.
struct Exchanged {
  explicit Exchanged(ByteView client_share) {
    REQUIRE(client_share.size() == key_bytes + 32);
    Bytes ciphertext(MBEDTLS_SSL_MLKEM768_CIPHERTEXT_LEN);
    ml_kem_secret.resize(MBEDTLS_SSL_MLKEM768_SHARED_SECRET_LEN);
    REQUIRE(ml_kem_768()->encapsulate(&x509::psa_random, nullptr, client_share.data(), ciphertext.data(),
                                      ml_kem_secret.data()) == 0);
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY));
    psa_set_key_bits(&attributes, 255);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_key_id_t key = 0;
    REQUIRE(psa_generate_key(&attributes, &key) == PSA_SUCCESS);
    Bytes ours(32);
    std::size_t size = 0;
    CHECK(psa_export_public_key(key, ours.data(), ours.size(), &size) == PSA_SUCCESS);
    x25519_secret.resize(32);
    CHECK(psa_raw_key_agreement(PSA_ALG_ECDH, key, client_share.data() + key_bytes, 32, x25519_secret.data(),
                                x25519_secret.size(), &size) == PSA_SUCCESS);
    CHECK(psa_destroy_key(key) == PSA_SUCCESS);
    share = join({ciphertext, ours});
  }

  Bytes share;
  Bytes ml_kem_secret;
  Bytes x25519_secret;
};

/// The client hears a ServerHello, and then an alert under the server's keys that come of `secret`. Does it
/// understand it?
bool understands(Engine& client, const Exchanged& exchanged, ByteView hello, ByteView secret) {
  constexpr std::uint8_t internal_error = 80;
  const Bytes extensions = join({extension(extension_supported_versions, Bytes{3, 4}),
                                 extension(extension_key_share, share_of(0x11ec, exchanged.share))});
  const Bytes answer = message(2, join({Bytes{3, 3}, Bytes(32, 0x5e), session_id_of(hello),
                                        Bytes{0x13, 0x01, 0}, vector_of(extensions)}));

  const Bytes early = extract(Bytes(hash_bytes), Bytes(hash_bytes));
  const Bytes handshake = extract(derive_secret(early, "derived", {}), secret);
  const Bytes traffic = derive_secret(handshake, "s hs traffic", join({hello.subspan(5), answer}));
  auto protection = RecordProtection::create(aes_128, Secret(traffic));
  REQUIRE(protection);
  Buffer wire;
  wire.append(join({Bytes{22, 3, 3}, vector_of(answer)}));
  REQUIRE(protection->seal(ContentType::alert, Bytes{2, internal_error}, wire));

  ByteView input = wire.view();
  Buffer sent;
  CHECK(client.handshake(input, sent) == Status::failed);
  REQUIRE(client.failure());
  return client.failure()->alert == internal_error;
}

}  // namespace

TEST_CASE("the secret of the hybrid is that of ML-KEM-768 and, behind it, that of X25519" *
          doctest::skip(ml_kem_768() == nullptr)) {
  REQUIRE(x509::initialise_crypto());
  using Secrets = Bytes (*)(const Exchanged&);
  for (const auto& [secrets, right] :
       {std::pair<Secrets, bool>{[](const Exchanged& e) {
                                   return join({e.ml_kem_secret, e.x25519_secret});
                                 },
                                 true},
        {[](const Exchanged& e) {
           return join({e.x25519_secret, e.ml_kem_secret});
         },
         false},
        {[](const Exchanged& e) { return e.x25519_secret; }, false},
        {[](const Exchanged& e) {
           return join({e.ml_kem_secret, Bytes(32)});
         },
         false}}) {
    Pair pair(with_groups(client_options(), {0x11ec}), server_options());
    const Bytes hello = bytes_of(first_record(client_hello(pair)));
    const Bytes shares = extension_of(hello, extension_key_share).value();
    const Exchanged exchanged(ByteView(shares).subspan(2 + 4));
    CHECK(understands(*pair.client, exchanged, hello, secrets(exchanged)) == right);
  }
}

#endif
