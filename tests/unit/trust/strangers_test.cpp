// What strangers can make us compute: whose keys are used, and how often.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/forge.hpp"
#include "../../forge/test_authority.hpp"
#include "persona/trust/signature.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/trust/verify.hpp"
#include "trust/path_builder.hpp"

using namespace persona::trust;
using namespace persona::x509;
using support::Exponent;
using support::ForgedKey;
using support::Forgery;

namespace {

struct Judged {
  std::string reason;
  std::string sentence;
  std::size_t computed = 0;  ///< signatures, for this verdict
};

/// A trusted root and what it issues.
struct Scene {
  explicit Scene(const std::string& other_roots = "")
      : trust(TrustStore::from_pem({.ca = root + other_roots, .any_certificates = true}).value()) {}

  Judged judge(const std::vector<std::string>& chain) const {
    const auto list = support::list_of(fmt::format("{}", fmt::join(chain, "")));
    VerifyPolicy policy;
    policy.role = PeerRole::client;
    const std::size_t before = trust->signatures().computed();
    const Verdict verdict = verify_chain(*trust, *list.get(), policy);
    return {std::string(to_string(verdict.reason)), verdict.sentence,
            trust->signatures().computed() - before};
  }

  std::string by_root(const Forgery& what, ForgedKey& subject) {
    return support::forge(what, subject, root_key);
  }

  ForgedKey root_key;
  ForgedKey key;    // a CA's
  ForgedKey other;  // anybody's
  std::string root = support::forge(support::ca("CN=Root", "CN=Root"), root_key, root_key);
  std::shared_ptr<const TrustStore> trust;
};

/// CAs that certify each other, all of one name, the first of them the leaf's issuer.
std::vector<std::string> ladder_of_one_name(std::size_t length, const std::string& top) {
  std::vector<std::string> chain;
  auto signer = std::make_unique<ForgedKey>();
  for (std::size_t i = 0; i + 1 < length; ++i) {
    auto key = std::make_unique<ForgedKey>();
    chain.insert(chain.begin(), support::forge(support::ca("CN=N", i == 0 ? top : "CN=N"), *key, *signer));
    signer = std::move(key);
  }
  ForgedKey key;
  chain.insert(chain.begin(), support::forge(support::client("CN=x", "CN=N"), key, *signer));
  return chain;
}

}  // namespace

TEST_CASE("the keys of a chain that leads nowhere are not used") {
  const Scene scene;
  const Judged judged = scene.judge(ladder_of_one_name(8, "CN=Nobody"));
  CHECK(judged.reason == "untrusted_issuer");
  CHECK(judged.sentence.find("leads to CN=Nobody, which trust.ca does not contain") != std::string::npos);
  CHECK(judged.computed == 0);
}

TEST_CASE("of a chain that names our root only the root's key is used") {
  const Scene scene;
  const Judged judged = scene.judge(ladder_of_one_name(8, "CN=Root"));
  CHECK(judged.reason == "untrusted_issuer");
  CHECK(judged.sentence.starts_with(
      "the client's chain leads to CN=Root, but not by the CA certificate of that name in trust.ca: was "
      "the CA created again with another key?"));
  CHECK(judged.computed == 1);
}

TEST_CASE("a chain of as many certificates of one name as are taken ends soon") {
  const Scene scene;
  CHECK(scene.judge(ladder_of_one_name(PathBuilder::most_presented, "CN=Nobody")).computed == 0);
  const Judged judged = scene.judge(ladder_of_one_name(PathBuilder::most_presented, "CN=Root"));
  CHECK(judged.reason != "ok");
  CHECK(judged.computed <= 1);
}

TEST_CASE("forged issuers below the root are tried a few times") {
  Scene scene;
  std::vector<std::string> chain = {support::forge(support::client("CN=x", "CN=CA"), scene.key, scene.other)};
  while (chain.size() < PathBuilder::most_presented) {
    ForgedKey each;
    chain.push_back(support::forge(support::ca("CN=CA", "CN=Root"), each, scene.other));
  }
  const Judged judged = scene.judge(chain);
  CHECK(judged.reason == "too_deep");
  CHECK(judged.sentence.starts_with(
      "client certificate comes with a chain that takes too much work to follow: CN=x"));
  CHECK(judged.computed == PathBuilder::most_bad_signatures);
}

TEST_CASE("the right issuer is found beside forged ones") {
  Scene scene;
  ForgedKey leaf_key;
  const std::string leaf = support::forge(support::client("CN=x", "CN=CA"), leaf_key, scene.key);
  const std::string good = scene.by_root(support::ca("CN=CA", "CN=Root"), scene.key);
  std::vector<std::string> chain = {leaf};
  while (chain.size() + 1 < PathBuilder::most_presented) {
    ForgedKey each;
    chain.push_back(support::forge(support::ca("CN=CA", "CN=Root"), each, scene.other));
  }
  chain.push_back(good);
  Judged judged = scene.judge(chain);
  CHECK(judged.sentence.empty());
  CHECK(judged.computed == 2);
  CHECK(scene.judge(chain).computed == 0);  // remembered

  // Without key identifiers that tell which it is.
  Forgery mute = support::client("CN=y", "CN=CA");
  mute.key_identifiers = false;
  chain = {support::forge(mute, leaf_key, scene.key)};
  for (std::size_t i = 0; i + 1 < PathBuilder::most_bad_signatures; ++i) {
    ForgedKey each;
    chain.push_back(support::forge(support::ca("CN=CA", "CN=Root"), each, scene.other));
  }
  chain.push_back(good);
  judged = scene.judge(chain);
  CHECK(judged.sentence.empty());
  CHECK(judged.computed == PathBuilder::most_bad_signatures);
}

TEST_CASE("a path whose upper signature is bad does not hide another") {
  ForgedKey second_key;
  const Scene scene(support::forge(support::ca("CN=Second", "CN=Second"), second_key, second_key));
  ForgedKey ca_key;
  ForgedKey leaf_key;
  ForgedKey forger;
  const std::string leaf = support::forge(support::client("CN=x", "CN=CA"), leaf_key, ca_key);
  const std::string forged = support::forge(support::ca("CN=CA", "CN=Root"), ca_key, forger);
  const std::string good = support::forge(support::ca("CN=CA", "CN=Second"), ca_key, second_key);
  CHECK(scene.judge({leaf, forged}).reason == "untrusted_issuer");
  CHECK(scene.judge({leaf, forged, good}).sentence.empty());
  CHECK(scene.judge({leaf, good, forged}).sentence.empty());
}

TEST_CASE("a signature by a trusted issuer that is bad is told before names that lead nowhere") {
  Scene scene;
  ForgedKey leaf_key;
  const std::string leaf = support::forge(support::client("CN=x", "CN=CA"), leaf_key, scene.other);
  const std::string good = scene.by_root(support::ca("CN=CA", "CN=Root"), scene.key);
  const std::string stray = support::forge(support::ca("CN=CA", "CN=Nobody"), scene.other, scene.other);
  CHECK(
      scene.judge({leaf, stray, good})
          .sentence.starts_with("client certificate has a signature that is not by its issuer CN=CA: CN=x"));
}

TEST_CASE("a key that costs too much is not used, whoever vouches for it") {
  Scene scene;
  ForgedKey costly(Exponent::as_long_as_the_modulus);
  ForgedKey usual(Exponent::usual);

  Judged judged = scene.judge({scene.by_root(support::client("CN=x", "CN=Root"), costly)});
  CHECK(judged.reason == "weak_key");
  CHECK(judged.sentence.starts_with(
      "a key in the client's chain would take too long to use: CN=x (RSA 8192 with a public exponent of 8192 "
      "bits), issued by CN=Root"));

  // The signature is of the right kind and size, so that only the key's own bounds keep it from being used.
  ForgedKey leaf_key;
  const std::string leaf = support::forge(support::client("CN=x", "CN=CA"), leaf_key, usual);
  judged = scene.judge({leaf, scene.by_root(support::ca("CN=CA", "CN=Root"), costly)});
  CHECK(judged.reason == "weak_key");
  CHECK(judged.sentence.find("(RSA 8192 with a public exponent of 8192 bits), issued by CN=Root") !=
        std::string::npos);
  CHECK(judged.computed == 1);

  judged = scene.judge({leaf, scene.by_root(support::ca("CN=CA", "CN=Root"), usual)});
  CHECK(judged.sentence.empty());
}

TEST_CASE("a curve that is not taken is not used") {
  Scene scene;
  for (const auto& [curve, words] :
       {std::pair(MBEDTLS_ECP_DP_BP512R1, "is of a kind that is not accepted: CN=CA (EC brainpoolP512r1)"),
        std::pair(MBEDTLS_ECP_DP_SECP192R1, "is too weak: CN=CA (EC secp192r1)")}) {
    ForgedKey curved(curve);
    ForgedKey leaf_key;
    const Judged judged = scene.judge({support::forge(support::client("CN=x", "CN=CA"), leaf_key, curved),
                                       scene.by_root(support::ca("CN=CA", "CN=Root"), curved)});
    CHECK(judged.reason == "weak_key");
    CHECK(judged.sentence.find(words) != std::string::npos);
    CHECK(judged.computed == 1);
  }
}

TEST_CASE("a verifier says that a leaf's key must not be used, whatever else is wrong") {
  Scene scene;
  ForgedKey costly(Exponent::as_long_as_the_modulus);
  const auto refuses = [&](const std::string& leaf, bool& passed) {
    const auto list = support::list_of(leaf);
    VerifyPolicy policy;
    policy.role = PeerRole::client;
    PeerVerifier verifier(scene.trust.get(), policy);
    std::uint32_t flags = 0;
    REQUIRE(PeerVerifier::callback(&verifier, list.get(), 0, &flags) == 0);
    passed = verifier.passed();
    return verifier.refuses_key();
  };
  bool passed = true;
  CHECK(refuses(scene.by_root(support::client("CN=x", "CN=Root"), costly), passed));
  CHECK_FALSE(passed);
  CHECK(refuses(support::forge(support::client("CN=x", "CN=Nobody"), costly, scene.other), passed));
  CHECK_FALSE(passed);
  CHECK_FALSE(refuses(scene.by_root(support::client("CN=x", "CN=Root"), scene.key), passed));
  CHECK(passed);
  CHECK_FALSE(refuses(support::forge(support::client("CN=x", "CN=Nobody"), scene.key, scene.other), passed));
  CHECK_FALSE(passed);
}

TEST_CASE("a compressed point is taken as what it stands for") {
  Scene scene;
  ForgedKey leaf_key;
  const persona::Bytes whole =
      support::forge_der(support::client("CN=x", "CN=Root"), leaf_key, scene.root_key);
  const Judged judged = scene.judge({support::to_pem(support::with_compressed_point(whole))});
  CHECK(judged.reason == "bad_signature");  // not of these octets
  CHECK(judged.computed == 1);
}

TEST_CASE("a CA whose key is not used is an error alone, and a warning beside others") {
  ForgedKey weak(MBEDTLS_ECP_DP_BP256R1);
  const std::string ca = support::forge(support::ca("CN=Odd", "CN=Odd"), weak, weak);
  const std::string sentence =
      "CA certificate has a key that is of a kind that is not accepted (EC brainpoolP256r1), so nobody with "
      "a "
      "certificate of it is let in: CN=Odd";
  const auto alone = TrustStore::from_pem({.ca = ca});
  REQUIRE_FALSE(alone.has_value());
  CHECK(support::messages(alone.error()) == std::vector<std::string>{sentence});
  const std::string both = ca + Scene().root;
  const auto beside = TrustStore::from_pem({.ca = both});
  REQUIRE(beside.has_value());
  CHECK(support::warnings((*beside)->warnings()) == std::vector<std::string>{sentence});
}
