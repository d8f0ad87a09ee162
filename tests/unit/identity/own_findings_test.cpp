// What is said of our own certificates before a peer refuses them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "../../forge/forge.hpp"
#include "../../forge/test_authority.hpp"
#include "persona/identity/identity.hpp"

using namespace persona::identity;
using namespace persona::x509;
using support::Ca;
using support::ForgedKey;
using support::Forgery;
using Messages = std::vector<std::string>;

namespace {

const std::string client_auth(MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
const std::string server_auth(MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
const std::string any_usage("\x55\x1d\x25\x00", 4);

struct Found {
  Messages errors;
  Messages warnings;
  Messages chain;  ///< as it would be sent; empty after an error
};

Found load(const std::string& certificates, ForgedKey& key, IdentityUse use = IdentityUse::any) {
  const auto loaded = Identity::from_pem(certificates, key.pem(), std::nullopt, use);
  if (!loaded) {
    for (const LoadError& error : loaded.error()) {
      CHECK(error.part == LoadError::Part::certificate);
    }
    return {support::messages(loaded.error()), support::warnings(loaded.error()), {}};
  }
  Found found{{}, support::warnings((*loaded)->warnings()), {}};
  for (const CertificateInfo& info : (*loaded)->chain().describe()) {
    found.chain.push_back(info.name);
  }
  return found;
}

Found load_leaf(const Forgery& what, IdentityUse use = IdentityUse::any) {
  ForgedKey key;
  ForgedKey signer;
  return load(support::forge(what, key, signer), key, use);
}

/// CN=Root, CN=Middle, CN=Lower, CN=leaf: each signed by the one before.
struct Hierarchy {
  ForgedKey root_key;
  ForgedKey middle_key;
  ForgedKey lower_key;
  ForgedKey key;
  std::string root = support::forge({"CN=Root", "CN=Root", Ca::yes, 0, {}}, root_key, root_key);
  std::string middle = support::forge({"CN=Middle", "CN=Root", Ca::yes, 0, {}}, middle_key, root_key);
  std::string lower = support::forge({"CN=Lower", "CN=Middle", Ca::yes, 0, {}}, lower_key, middle_key);
  std::string leaf = support::forge({"CN=leaf", "CN=Lower", Ca::no, 0, {}}, key, lower_key);
};

}  // namespace

TEST_CASE("an extended key usage for the other side is an error") {
  const Forgery client{.extended_usage = {client_auth}};
  const Forgery server{.extended_usage = {server_auth}};
  CHECK(load_leaf(client, IdentityUse::client).errors.empty());
  CHECK(load_leaf(server, IdentityUse::server).errors.empty());
  CHECK(load_leaf(client).errors.empty());
  CHECK(
      load_leaf(server, IdentityUse::client).errors ==
      Messages{"certificate is not for clients (its extendedKeyUsage lacks clientAuth), so the gateway will "
               "refuse it: CN=forged"});
  CHECK(load_leaf(client, IdentityUse::server).errors ==
        Messages{"certificate is not for servers (its extendedKeyUsage lacks serverAuth), so clients will "
                 "refuse it: CN=forged"});
  for (const IdentityUse use : {IdentityUse::client, IdentityUse::server}) {
    CHECK(load_leaf({.extended_usage = {client_auth, server_auth}}, use).errors.empty());
    CHECK(load_leaf({.extended_usage = {any_usage}}, use).errors.empty());
  }
}

TEST_CASE("no extended key usage is a warning for a server only") {
  CHECK(load_leaf({}, IdentityUse::server).warnings ==
        Messages{"certificate does not say that it is for servers (it has no extendedKeyUsage), and strict "
                 "clients refuse it: CN=forged"});
  CHECK(load_leaf({}, IdentityUse::client).warnings.empty());
  CHECK(load_leaf({.extended_usage = {server_auth}}, IdentityUse::server).warnings.empty());
}

TEST_CASE("a key usage without digitalSignature is an error") {
  CHECK(load_leaf({.key_usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE}).errors.empty());
  CHECK(
      load_leaf({.key_usage = MBEDTLS_X509_KU_KEY_AGREEMENT}).errors ==
      Messages{"certificate may not be used to sign a handshake (its keyUsage lacks digitalSignature), so it "
               "will be refused: CN=forged"});
}

TEST_CASE("a CA certificate as leaf is a warning") {
  CHECK(load_leaf({.ca = Ca::yes}).warnings ==
        Messages{"certificate is a CA's (basicConstraints CA:TRUE), so whoever gets its key can issue "
                 "certificates: have one issued for this end alone: CN=forged"});
  CHECK(load_leaf({.ca = Ca::absent}).warnings.empty());
}

TEST_CASE("a weak signature is an error, on the leaf and above, but not on a root") {
  CHECK(load_leaf({.hash = MBEDTLS_MD_SHA1}).errors ==
        Messages{"certificate is signed with SHA-1, which is refused everywhere: have it issued again with "
                 "SHA-256: CN=forged"});
  CHECK(load_leaf({.hash = MBEDTLS_MD_SHA384}).errors.empty());
  const auto chain_with = [](mbedtls_md_type_t middle_hash, mbedtls_md_type_t root_hash) {
    Hierarchy pki;
    const std::string root =
        support::forge({"CN=Root", "CN=Root", Ca::yes, 0, {}, root_hash}, pki.root_key, pki.root_key);
    const std::string middle =
        support::forge({"CN=Middle", "CN=Root", Ca::yes, 0, {}, middle_hash}, pki.middle_key, pki.root_key);
    return load(pki.leaf + pki.lower + middle + root, pki.key).errors;
  };
  CHECK(chain_with(MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA1).empty());
  CHECK(chain_with(MBEDTLS_MD_SHA1, MBEDTLS_MD_SHA256) ==
        Messages{"certificate is signed with SHA-1, which is refused everywhere: have it issued again with "
                 "SHA-256: CN=Middle"});
}

TEST_CASE("a chain in order has no finding, with its root or without") {
  Hierarchy pki;
  const Found with = load(pki.leaf + pki.lower + pki.middle + pki.root, pki.key);
  CHECK(with.errors.empty());
  CHECK(with.warnings.empty());
  CHECK(with.chain == Messages{"CN=leaf", "CN=Lower", "CN=Middle", "CN=Root"});
  const Found without = load(pki.leaf + pki.lower + pki.middle, pki.key);
  CHECK(without.warnings.empty());
  CHECK(without.chain == Messages{"CN=leaf", "CN=Lower", "CN=Middle"});
}

TEST_CASE("a chain in another order is sent in the right one") {
  Hierarchy pki;
  for (const std::string& text : {pki.leaf + pki.middle + pki.lower, pki.lower + pki.leaf + pki.middle,
                                  pki.middle + pki.lower + pki.leaf}) {
    const Found found = load(text, pki.key);
    CHECK(found.errors.empty());
    CHECK(found.warnings == Messages{"the certificate text is not in chain order, and is sent as "
                                     "CN=leaf, CN=Lower, CN=Middle"});
    CHECK(found.chain == Messages{"CN=leaf", "CN=Lower", "CN=Middle"});
  }
}

TEST_CASE("a certificate that is there twice is sent once") {
  Hierarchy pki;
  const Found found = load(pki.leaf + pki.lower + pki.lower + pki.leaf, pki.key);
  CHECK(found.errors.empty());
  CHECK(found.warnings ==
        Messages{"the certificate text has certificates more than once, which are sent only once: "
                 "CN=Lower, CN=leaf"});
  CHECK(found.chain == Messages{"CN=leaf", "CN=Lower"});
}

TEST_CASE("certificates that belong to none of the others are named") {
  Hierarchy pki;
  Hierarchy other;
  const Found found = load(pki.leaf + pki.lower + other.root, pki.key);
  CHECK(found.errors.empty());
  CHECK(found.warnings == Messages{"the certificate text has certificates that issued none of the others, "
                                   "and are sent all the same: remove CN=Root"});
  CHECK(found.chain == Messages{"CN=leaf", "CN=Lower", "CN=Root"});
  std::string many = pki.leaf;
  for (int i = 0; i < 7; ++i) {
    ForgedKey key;
    many += support::forge({fmt::format("CN=x{}", i), "CN=y", Ca::yes, 0, {}}, key, key);
  }
  CHECK(load(many, pki.key).warnings ==
        Messages{"the certificate text has certificates that issued none of the others, and are sent all the "
                 "same: remove CN=x0, CN=x1, CN=x2, CN=x3, CN=x4 and 2 more"});
}

TEST_CASE("an issuer by name alone is an error") {
  Hierarchy pki;
  Hierarchy other;
  const Found found = load(pki.leaf + other.lower + pki.middle, pki.key);
  CHECK(found.errors ==
        Messages{"the chain does not build: CN=Lower is the issuer of CN=leaf by its name, but "
                 "its key did not sign it; get the intermediate certificates again from whoever issued it"});
  const std::string no_ca =
      support::forge({"CN=Lower", "CN=Middle", Ca::no, 0, {}}, pki.lower_key, pki.middle_key);
  CHECK(load(pki.leaf + no_ca, pki.key).errors ==
        Messages{"the chain does not build: CN=Lower is the issuer of CN=leaf by its name, but it may not "
                 "issue certificates (its basicConstraints or keyUsage)"});
  // Beside the right one it is only one too many.
  const Found both = load(pki.leaf + pki.lower + other.lower, pki.key);
  CHECK(both.errors.empty());
  CHECK(both.warnings.size() == 1);
}

TEST_CASE("another root of the same name is only one too many") {
  Hierarchy pki;
  Hierarchy other;
  const Found found = load(pki.leaf + pki.lower + pki.middle + pki.root + other.root, pki.key);
  CHECK(found.errors.empty());
  CHECK(found.warnings.size() == 1);
}

TEST_CASE("a cross-signed issuer is no finding, and a whole path comes first") {
  Hierarchy pki;
  ForgedKey old_root_key;
  const std::string cross =
      support::forge({"CN=Middle", "CN=Old Root", Ca::yes, 0, {}}, pki.middle_key, old_root_key);
  const std::string old_root =
      support::forge({"CN=Old Root", "CN=Old Root", Ca::yes, 0, {}}, old_root_key, old_root_key);
  const Found found = load(pki.leaf + pki.lower + pki.middle + pki.root + cross + old_root, pki.key);
  CHECK(found.errors.empty());
  CHECK(found.warnings.empty());
  CHECK(found.chain == Messages{"CN=leaf", "CN=Lower", "CN=Middle", "CN=Root", "CN=Middle", "CN=Old Root"});
}
