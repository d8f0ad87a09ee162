// Handshakes by every provider of public-key primitives, and by signers that do not do what they should.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/forge.hpp"
#include "../../forge/raw_peer.hpp"
#include "pair.hpp"
#include "persona/pk/primitives.hpp"
#include "persona/pk/provider.hpp"
#include "persona/pk/signer.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

struct ProviderInUse {
  /// With mbedTLS: for everything.
  explicit ProviderInUse(pk::Provider provider) {
    pk::use(provider);
    if (provider == pk::Provider::mbedtls) {
      pk::use_primitives(pk::Primitives::portable);
    }
  }
  ~ProviderInUse() {
    pk::use(pk::default_provider());
    pk::use_primitives(pk::default_primitives());
  }
  ProviderInUse(const ProviderInUse&) = delete;
  ProviderInUse& operator=(const ProviderInUse&) = delete;
};

std::vector<pk::Provider> available_providers() {
  std::vector<pk::Provider> all;
  for (const pk::Provider provider : {pk::Provider::mbedtls, pk::Provider::libcrypto}) {
    if (pk::provider_available(provider)) {
      all.push_back(provider);
    } else {
      MESSAGE("not compared: " << pk::describe_provider(provider));
    }
  }
  return all;
}

struct Kind {
  std::string name;
  std::string key;          // PEM
  std::string certificate;  // PEM, of anybody, for this key
};

const std::vector<Kind>& kinds_of_keys() {
  static const std::vector<Kind> all = [] {
    std::vector<Kind> made;
    for (const auto& [name, curve] :
         {std::pair("P-256", MBEDTLS_ECP_DP_SECP256R1), std::pair("P-384", MBEDTLS_ECP_DP_SECP384R1),
          std::pair("P-521", MBEDTLS_ECP_DP_SECP521R1)}) {
      support::ForgedKey key(curve);
      made.push_back({name, key.pem(), support::forge({}, key, key)});
    }
    made.push_back({"RSA", std::string(fixtures::rsa_key_pkcs8), std::string(fixtures::rsa_certificate)});
    return made;
  }();
  return all;
}

ContextOptions with_key(ContextOptions options, const authority::IssueRequest& request, const Kind& kind) {
  const auto certificate = test_ca().certify(request, kind.certificate);
  REQUIRE(certificate);
  const auto identity = identity::Identity::from_pem(*certificate, kind.key, std::nullopt);
  REQUIRE(identity);
  options.identity = *identity;
  return options;
}

std::string side(Status status, const Engine& engine) {
  const auto& failure = engine.failure();
  return fmt::format("{} {} [{}] {} {}", static_cast<int>(status), failure ? failure->message : "",
                     failure ? failure->alert.value_or(0) : 0, engine.info().cipher_suite,
                     engine.info().peer);
}

/// All that can be told of a handshake.
std::string outcome(Pair& pair) {
  pair.handshake();
  return side(pair.client_status, *pair.client) + " | " + side(pair.server_status, *pair.server);
}

/// Signs with a key of mbedTLS's what it is asked to, something else, or nothing at all.
class Misbehaving final : public pk::Signer {
 public:
  enum class How { signs, fails, signs_something_else, gives_garbage };
  Misbehaving(const Kind& kind, How how) : how_(how) {
    support::ForgedKey unused;  // starts the library
    mbedtls_pk_init(&key_);
    REQUIRE(mbedtls_pk_parse_key(&key_, reinterpret_cast<const unsigned char*>(kind.key.c_str()),
                                 kind.key.size() + 1, nullptr, 0, x509::psa_random, nullptr) == 0);
  }
  ~Misbehaving() override { mbedtls_pk_free(&key_); }

  Result<std::size_t> sign(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                           ByteSpan signature) const override {
    ++asked;
    if (how_ == How::fails) {
      return fail(ErrorKind::internal, "the token was pulled out");
    }
    if (how_ == How::gives_garbage) {
      std::fill_n(signature.begin(), 70, std::uint8_t{0x30});
      return 70;
    }
    Bytes other(digest.begin(), digest.end());
    other[0] ^= how_ == How::signs ? 0U : 1U;
    const auto type = scheme == pk::Scheme::rsa_pss     ? MBEDTLS_PK_RSASSA_PSS
                      : scheme == pk::Scheme::rsa_pkcs1 ? MBEDTLS_PK_RSA
                                                        : MBEDTLS_PK_ECDSA;
    const auto digest_type = hash == pk::Hash::sha256   ? MBEDTLS_MD_SHA256
                             : hash == pk::Hash::sha384 ? MBEDTLS_MD_SHA384
                                                        : MBEDTLS_MD_SHA512;
    std::size_t size = 0;
    REQUIRE(mbedtls_pk_sign_ext(type, &key_, digest_type, other.data(), other.size(), signature.data(),
                                signature.size(), &size, x509::psa_random, nullptr) == 0);
    return size;
  }

  Result<std::size_t> sign_content(pk::Scheme scheme, pk::Hash hash, ByteView digest, ByteView content,
                                   ByteSpan signature) const override {
    told.assign(content.begin(), content.end());
    told_hash = hash;
    told_digest.assign(digest.begin(), digest.end());
    return sign(scheme, hash, digest, signature);
  }

  static inline int asked = 0;
  static inline Bytes told;
  static inline Bytes told_digest;
  static inline pk::Hash told_hash = pk::Hash::sha256;

 private:
  mutable mbedtls_pk_context key_{};
  How how_;
};

ContextOptions misbehaving(ContextOptions options, const authority::IssueRequest& request, const Kind& kind,
                           Misbehaving::How how) {
  const auto certificate = test_ca().certify(request, kind.certificate);
  REQUIRE(certificate);
  const auto identity =
      identity::Identity::with_signer(*certificate, std::make_unique<Misbehaving>(kind, how));
  REQUIRE(identity);
  options.identity = *identity;
  Misbehaving::asked = 0;
  return options;
}

constexpr TlsVersion every_version[] = {TlsVersion::tls12, TlsVersion::tls13};

/// A handshake in which one end has a signer that does this.
Pair handshake_with(bool of_client, TlsVersion version, const Kind& kind, Misbehaving::How how) {
  ContextOptions client = client_options();
  ContextOptions server = server_options();
  if (of_client) {
    client = misbehaving(client, client_request(), kind, how);
  } else {
    server = misbehaving(server, server_request(), kind, how);
  }
  Pair pair(only(client, version), server);
  pair.handshake();
  return pair;
}

}  // namespace

TEST_CASE("the same handshakes through every provider have the same outcome, whatever the keys are") {
  for (const TlsVersion version : every_version) {
    for (const Kind& kind : kinds_of_keys()) {
      std::string first;
      for (const pk::Provider provider : available_providers()) {
        CAPTURE(kind.name);
        CAPTURE(pk::describe_provider(provider));
        const ProviderInUse in_use(provider);
        Pair pair(only(with_key(client_options(), client_request(), kind), version),
                  with_key(server_options(), server_request(), kind));
        const std::string said = outcome(pair);
        CHECK_MESSAGE(pair.established(), said);
        first = first.empty() ? said : first;
        CHECK(said == first);
      }
    }
  }
}

TEST_CASE("a refusal has the same sentence through every provider") {
  const authority::Authority other = make_authority("Somebody else's CA");
  for (const TlsVersion version : every_version) {
    std::string first;
    for (const pk::Provider provider : available_providers()) {
      const ProviderInUse in_use(provider);
      ContextOptions client = client_options();
      client.identity = make_identity(client_request(), other);
      Pair pair(only(client, version));
      const std::string said = outcome(pair);
      CHECK_FALSE(pair.established());
      first = first.empty() ? said : first;
      CHECK(said == first);
    }
  }
}

TEST_CASE("a key of another certificate is found before anybody connects, by every provider") {
  const auto& kinds = kinds_of_keys();
  for (const pk::Provider provider : available_providers()) {
    const ProviderInUse in_use(provider);
    for (const Kind& kind : kinds) {
      const auto certificate = test_ca().certify(client_request(), kind.certificate);
      REQUIRE(certificate);
      const Kind& stranger = &kind == &kinds[0] ? kinds[1] : kinds[0];
      const auto identity = identity::Identity::from_pem(*certificate, stranger.key, std::nullopt);
      REQUIRE_FALSE(identity);
      CHECK(identity.error().front().message.find("does not match") != std::string::npos);
    }
  }
}

TEST_CASE("a signer that fails ends the handshake in its words, and with internal_error") {
  if (!pk::signers_are_supported()) {
    MESSAGE("not tested: this mbedTLS takes no signers");
    return;
  }
  for (const TlsVersion version : every_version) {
    for (const Kind& kind : {kinds_of_keys().front(), kinds_of_keys().back()}) {
      for (const bool of_client : {true, false}) {
        CAPTURE(kind.name);
        CAPTURE(of_client);
        Pair pair = handshake_with(of_client, version, kind, Misbehaving::How::fails);
        const Engine& failed = of_client ? *pair.client : *pair.server;
        const Engine& peer = of_client ? *pair.server : *pair.client;
        REQUIRE(failed.failure());
        CHECK(failed.failure()->message == "our private key could not sign: the token was pulled out");
        CHECK(failed.failure()->kind == Failure::Kind::handshake_failed);
        CHECK(Misbehaving::asked == 1);  // no other algorithm is tried
        REQUIRE(peer.failure());
        CHECK(peer.failure()->alert == MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
      }
    }
  }
}

TEST_CASE("a signature of something else, or none, is refused alike through every provider") {
  if (!pk::signers_are_supported()) {
    return;
  }
  for (const TlsVersion version : every_version) {
    for (const Kind& kind : {kinds_of_keys().front(), kinds_of_keys().back()}) {
      for (const auto how : {Misbehaving::How::signs_something_else, Misbehaving::How::gives_garbage}) {
        std::string first;
        for (const pk::Provider provider : available_providers()) {
          CAPTURE(kind.name);
          const ProviderInUse in_use(provider);
          Pair of_client(only(misbehaving(client_options(), client_request(), kind, how), version));
          Pair of_server(only(client_options(), version),
                         misbehaving(server_options(), server_request(), kind, how));
          const std::string said = outcome(of_client) + " / " + outcome(of_server);
          CHECK_FALSE(of_client.established());
          CHECK_FALSE(of_server.established());
          first = first.empty() ? said : first;
          CHECK(said == first);
        }
      }
    }
  }
}

TEST_CASE("a signer is told what it signs, but for a client in TLS 1.2") {
  if (!pk::signers_are_supported()) {
    return;
  }
  for (const TlsVersion version : every_version) {
    for (const Kind& kind : kinds_of_keys()) {
      for (const bool of_client : {true, false}) {
        CAPTURE(kind.name);
        CAPTURE(of_client);
        Pair pair = handshake_with(of_client, version, kind, Misbehaving::How::signs);
        REQUIRE(pair.established());
        const std::string told(as_text(Misbehaving::told));
        if (version == TlsVersion::tls12 && of_client) {
          CHECK(told.empty());
          continue;
        }
        if (version == TlsVersion::tls13) {
          const std::string begins = std::string(64, ' ') + "TLS 1.3, " + (of_client ? "client" : "server") +
                                     " CertificateVerify" + std::string(1, '\0');
          CHECK(told.starts_with(begins));
          CHECK(told.size() == begins.size() + (told.size() > 130 ? 48 : 32));
        } else {
          REQUIRE(told.size() > 68);
          CHECK(told[64] == 3);  // named_curve
          CHECK(static_cast<std::uint8_t>(told[67]) == told.size() - 68);
        }
        const auto type = Misbehaving::told_hash == pk::Hash::sha256   ? MBEDTLS_MD_SHA256
                          : Misbehaving::told_hash == pk::Hash::sha384 ? MBEDTLS_MD_SHA384
                                                                       : MBEDTLS_MD_SHA512;
        Bytes digest(pk::size_of(Misbehaving::told_hash));
        REQUIRE(mbedtls_md(mbedtls_md_info_from_type(type), Misbehaving::told.data(),
                           Misbehaving::told.size(), digest.data()) == 0);
        CHECK(digest == Misbehaving::told_digest);
      }
    }
  }
}
