#include "persona/identity/identity.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mbedtls/base64.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/test_authority.hpp"
#include "../../support/temporary_folder.hpp"

using namespace persona::authority;
using namespace persona::identity;
using namespace persona::x509;
using support::days;
using Part = LoadError::Part;
using Messages = std::vector<std::string>;

namespace {

std::vector<LoadError> failure(std::string_view certificate, std::string_view key,
                               std::optional<std::string_view> password = std::nullopt) {
  auto identity = Identity::from_pem(certificate, key, password);
  REQUIRE_FALSE(identity.has_value());
  return identity.error();
}

Messages refusal(std::string_view certificate, std::string_view key,
                 std::optional<std::string_view> password = std::nullopt) {
  return support::messages(failure(certificate, key, password));
}

bool accepted(std::string_view certificate, std::string_view key,
              std::optional<std::string_view> password = std::nullopt) {
  const auto identity = Identity::from_pem(certificate, key, password);
  if (!identity) {
    MESSAGE(fmt::format("{}", fmt::join(support::messages(identity.error()), "; ")));
  }
  return identity.has_value();
}

std::string der_of(std::string_view pem) {
  const auto begin = pem.find("-----\n") + 6;
  const std::string base64(pem.substr(begin, pem.find("-----END") - begin));
  std::string der(base64.size(), '\0');
  std::size_t size = 0;
  REQUIRE(mbedtls_base64_decode(reinterpret_cast<unsigned char*>(der.data()), der.size(), &size,
                                reinterpret_cast<const unsigned char*>(base64.data()), base64.size()) == 0);
  der.resize(size);
  return der;
}

PemPair valid_between(std::chrono::seconds from, std::chrono::seconds until) {
  IssueRequest request;
  request.common_name = "client";
  request.valid_from = from;
  request.valid_for = until;
  return support::issue(request);
}

}  // namespace

TEST_CASE("every usual form of a private key is read") {
  CHECK(accepted(fixtures::ec_certificate, fixtures::ec_key_sec1));
  CHECK(accepted(fixtures::ec_certificate, fixtures::ec_key_pkcs8));
  CHECK(accepted(fixtures::ec_certificate, fixtures::ec_key_encrypted, fixtures::password));
  CHECK(accepted(fixtures::ec_certificate, fixtures::ec_key_encrypted_traditional, fixtures::password));
  CHECK(accepted(fixtures::rsa_certificate, fixtures::rsa_key_pkcs1));
  CHECK(accepted(fixtures::rsa_certificate, fixtures::rsa_key_pkcs8));
  CHECK(accepted(fixtures::rsa_certificate, fmt::format("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                                                        "-----END EC PARAMETERS-----\n{}",
                                                        fixtures::rsa_key_pkcs8)));
}

TEST_CASE("a password for a key without one does no harm") {
  CHECK(accepted(fixtures::ec_certificate, fixtures::ec_key_pkcs8, "unused"));
}

TEST_CASE("an encrypted key without a password says where to name one") {
  const Messages expected{
      "the private key is encrypted: name a file with its password in identity.private_key_password_file"};
  CHECK(refusal(fixtures::ec_certificate, fixtures::ec_key_encrypted) == expected);
  CHECK(refusal(fixtures::ec_certificate, fixtures::ec_key_encrypted_traditional) == expected);
  CHECK(failure(fixtures::ec_certificate, fixtures::ec_key_encrypted)[0].part == Part::private_key);
}

TEST_CASE("a wrong password is the password file's fault") {
  for (const std::string_view key : {fixtures::ec_key_encrypted, fixtures::ec_key_encrypted_traditional}) {
    for (const std::string_view password : {"wrong", "", "correct horse\n"}) {
      const auto errors = failure(fixtures::ec_certificate, key, password);
      CHECK(support::messages(errors) == Messages{"the password does not decrypt the private key"});
      CHECK(errors[0].part == Part::password_file);
    }
  }
}

TEST_CASE("no wrong password is taken for another fault of the key") {
  // One in 256 decrypts to valid padding.
  for (int i = 0; i < 600; ++i) {
    const auto errors =
        failure(fixtures::ec_certificate, fixtures::ec_key_encrypted_traditional, std::to_string(i));
    REQUIRE(support::messages(errors) == Messages{"the password does not decrypt the private key"});
  }
}

TEST_CASE("an encryption that is not supported says how to convert the key") {
  CHECK(refusal(fixtures::ec_certificate, fixtures::ec_key_encrypted_scrypt, fixtures::password) ==
        Messages{"the private key is encrypted in a way that is not supported: convert it with openssl pkcs8 "
                 "-topk8 -v2 aes-256-cbc -in \"the private key text\" -out NEW.key"});
}

TEST_CASE("a key that is weak or of another kind is refused") {
  CHECK(refusal(fixtures::ec_certificate, fixtures::weak_key) ==
        Messages{"the private key (RSA 1024) is refused: use EC secp256r1, secp384r1, secp521r1 or RSA of "
                 "2048 to 8192 bits"});
  CHECK(refusal(fixtures::ec_certificate, fixtures::ed25519_key) ==
        Messages{"the private key in the private key text (line 1) cannot be parsed: PK - Key algorithm is "
                 "unsupported "
                 "(only RSA and EC are supported)"});
}

TEST_CASE("a key text without a key says what it has instead") {
  CHECK(refusal(fixtures::ec_certificate, fixtures::ec_certificate) ==
        Messages{"the private key text contains a certificate, not a private key"});
  CHECK(refusal(fixtures::ec_certificate, "hello") ==
        Messages{"the private key text contains no private key in PEM or DER form"});
  CHECK(refusal(fixtures::ec_certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n") ==
        Messages{"the private key text has a PEM block without its -----END line (line 1)"});
}

TEST_CASE("a key of another certificate is refused") {
  const PemPair one = support::issue("one");
  const PemPair two = support::issue("two");
  const auto errors = failure(one.certificate, two.private_key);
  CHECK(support::messages(errors) == Messages{"the private key does not match the certificate: CN=one"});
  CHECK(errors[0].part == Part::private_key);
  CHECK(refusal(one.certificate, fixtures::rsa_key_pkcs8) ==
        Messages{"the private key does not match the certificate: CN=one"});
}

TEST_CASE("an expired certificate is refused with the time since") {
  const auto check = [](std::chrono::seconds ago, std::string_view words) {
    const PemPair pair = valid_between(-days(20), -ago);
    CHECK(refusal(pair.certificate, pair.private_key) ==
          Messages{fmt::format("certificate expired {} ago ({}): CN=client", words, support::date(-ago))});
  };
  using namespace std::chrono_literals;
  check(days(3) + 1h, "3 days");
  check(days(1) + 1h, "1 day");
  check(5h + 1min, "5 hours");
  check(61s, "1 minute");
  check(20s, "less than a minute");
}

TEST_CASE("a certificate that is not valid yet is refused with the date") {
  const PemPair pair = valid_between(days(2) + std::chrono::hours(1), days(20));
  CHECK(refusal(pair.certificate, pair.private_key) ==
        Messages{fmt::format("certificate is not valid before {} (in 2 days): CN=client",
                             support::date(days(2) + std::chrono::hours(1)))});
}

TEST_CASE("an expired intermediate is refused as well") {
  const PemPair leaf = support::issue("client");
  const auto old = Authority::create("Old CA", -days(2) - std::chrono::hours(1), -days(9)).value();
  CHECK(refusal(leaf.certificate + old.certificate_pem(), leaf.private_key) ==
        Messages{fmt::format("certificate expired 2 days ago ({}): CN=Old CA",
                             support::date(-days(2) - std::chrono::hours(1)))});
}

TEST_CASE("all problems are reported, not the first") {
  const PemPair pair = valid_between(-days(20), -days(3) - std::chrono::hours(1));
  const PemPair other = support::issue("other");
  const auto errors = failure(pair.certificate, other.private_key);
  CHECK(support::messages(errors) == Messages{fmt::format("certificate expired 3 days ago ({}): CN=client",
                                                          support::date(-days(3) - std::chrono::hours(1))),
                                              "the private key does not match the certificate: CN=client"});
  CHECK(errors[0].part == Part::certificate);
  CHECK(errors[1].part == Part::private_key);
  CHECK(refusal("hello", "hello") ==
        Messages{"the certificate text contains no certificate",
                 "the private key text contains no private key in PEM or DER form"});
}

TEST_CASE("an identity is loaded from files") {
  const support::TemporaryFolder folder;
  IdentityFiles files;
  files.certificate = folder.write("client.crt", fixtures::ec_certificate);
  files.private_key = folder.write("client.key", fixtures::ec_key_encrypted);
  // Whatever comes behind the first line is not of the password.
  for (const std::string_view line_end : {"", "\n", "\r\n", "\n\n", "\nanother\n"}) {
    files.password_file = folder.write("pw", fmt::format("{}{}", fixtures::password, line_end));
    const auto identity = Identity::load(files);
    REQUIRE(identity.has_value());
    CHECK((*identity)->chain().size() == 1);
    CHECK((*identity)->key() != nullptr);
  }
  files.password_file = folder.write("pw", fmt::format("\n{}\n", fixtures::password));
  CHECK_FALSE(Identity::load(files).has_value());
}

TEST_CASE("a PEM file with certificate and key needs no private_key") {
  const support::TemporaryFolder folder;
  for (const std::string& text :
       {fmt::format("{}{}", fixtures::ec_certificate, fixtures::ec_key_encrypted),
        fmt::format("{}{}", fixtures::ec_key_encrypted, fixtures::ec_certificate)}) {
    const auto both = folder.write("client.pem", text);
    const auto password = folder.write("pw", fixtures::password);
    CHECK(Identity::load({both, {}, password}).has_value());
    CHECK(Identity::load({both, both, password}).has_value());
    const auto without = Identity::load({both, {}, std::nullopt});
    REQUIRE_FALSE(without.has_value());
    CHECK(support::messages(without.error()) ==
          Messages{"the private key is encrypted: name a file with its password in "
                   "identity.private_key_password_file"});
  }
}

TEST_CASE("a certificate file without a key says that private_key is missing") {
  const support::TemporaryFolder folder;
  const auto alone = folder.write("client.crt", fixtures::ec_certificate);
  const auto identity = Identity::load({alone, {}, std::nullopt});
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{
            fmt::format("identity.private_key is missing: name the file with the private key of {} (or make "
                        "certificate a PKCS#12 file, which has both)",
                        alone.string())});
  CHECK(identity.error()[0].part == Part::private_key);
  const auto empty = folder.write("empty.crt", "");
  const auto nothing = Identity::load({empty, {}, std::nullopt});
  REQUIRE_FALSE(nothing.has_value());
  CHECK(support::messages(nothing.error()) ==
        Messages{fmt::format("{} contains no certificate", empty.string())});
}

TEST_CASE("DER certificates and keys are read") {
  const std::string certificate = der_of(fixtures::ec_certificate);
  for (const std::string_view key : {fixtures::ec_key_sec1, fixtures::ec_key_pkcs8}) {
    CHECK(accepted(certificate, der_of(key)));
    CHECK(accepted(certificate, der_of(key), "unused"));
  }
  CHECK(accepted(fixtures::rsa_certificate, der_of(fixtures::rsa_key_pkcs1)));
  CHECK(accepted(certificate, der_of(fixtures::ec_key_encrypted), fixtures::password));
  CHECK(refusal(certificate, der_of(fixtures::ec_key_encrypted)) ==
        Messages{"the private key is encrypted: name a file with its password in "
                 "identity.private_key_password_file"});
  CHECK(refusal(certificate, der_of(fixtures::ec_key_encrypted), "wrong") ==
        Messages{"the password does not decrypt the private key"});
  const Messages cut = refusal(certificate, der_of(fixtures::ec_key_pkcs8).substr(0, 60));
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].starts_with("the private key in the private key text cannot be parsed: "));
}

TEST_CASE("every file that cannot be read is reported with the reason") {
  const support::TemporaryFolder folder;
  const auto missing = folder.path() / "missing.crt";
  const auto large = folder.path() / "large.key";
  std::ofstream(large) << "x";
  std::filesystem::resize_file(large, (1U << 20U) + 1);
  const auto identity = Identity::load({missing, large, folder.path()});
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{fmt::format("cannot read {}: No such file or directory", missing.string()),
                 fmt::format("cannot read {}: it has 1048577 bytes, more than the 1 MiB such a file may have",
                             large.string()),
                 fmt::format("cannot read {}: it is a folder", folder.path().string())});
  CHECK(identity.error()[0].part == Part::certificate);
  CHECK(identity.error()[1].part == Part::private_key);
  CHECK(identity.error()[2].part == Part::password_file);
}

TEST_CASE("a key whose password file cannot be read is not blamed for it") {
  const support::TemporaryFolder folder;
  const auto missing = folder.path() / "pw";
  const auto identity = Identity::load({folder.write("crt", fixtures::ec_certificate),
                                        folder.write("key", fixtures::ec_key_encrypted), missing});
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{fmt::format("cannot read {}: No such file or directory", missing.string())});
}

TEST_CASE("files that were swapped are named") {
  const support::TemporaryFolder folder;
  const auto certificate = folder.write("client.crt", fixtures::ec_certificate);
  const auto key = folder.write("client.key", fixtures::ec_key_pkcs8);
  const auto identity = Identity::load({key, certificate, std::nullopt});
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{fmt::format("{} contains a private key, not a certificate", key.string()),
                 fmt::format("{} contains a certificate, not a private key", certificate.string())});
}

namespace {

/// Signs nothing, and can do what it is told to.
class Unable final : public persona::pk::Signer {
 public:
  Unable(bool pkcs1, bool pss) : pkcs1_(pkcs1), pss_(pss) {}
  persona::Result<std::size_t> sign(persona::pk::Scheme, persona::pk::Hash, persona::ByteView,
                                    persona::ByteSpan) const override {
    return persona::fail(persona::ErrorKind::internal, "it signs nothing");
  }
  bool can(persona::pk::Scheme scheme) const override {
    return scheme == persona::pk::Scheme::rsa_pss ? pss_ : pkcs1_;
  }

 private:
  bool pkcs1_;
  bool pss_;
};

std::optional<persona::TlsVersion> only_version(std::string_view certificate, bool pkcs1, bool pss) {
  const auto identity = Identity::with_signer(certificate, std::make_unique<Unable>(pkcs1, pss));
  REQUIRE(identity);
  return (*identity)->only_version();
}

}  // namespace

TEST_CASE("an RSA key that lacks one way to sign is for one version of TLS") {
  if (!persona::pk::signers_are_supported()) {
    return;
  }
  CHECK(only_version(fixtures::rsa_certificate, true, true) == std::nullopt);
  CHECK(only_version(fixtures::rsa_certificate, true, false) == persona::TlsVersion::tls12);
  CHECK(only_version(fixtures::rsa_certificate, false, true) == persona::TlsVersion::tls13);
  CHECK(only_version(support::issue("client").certificate, true, false) == std::nullopt);
  const auto in_memory = Identity::from_pem(fixtures::rsa_certificate, fixtures::rsa_key_pkcs8, std::nullopt);
  REQUIRE(in_memory);
  CHECK((*in_memory)->only_version() == std::nullopt);
}
