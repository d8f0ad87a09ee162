// PKCS#12 files made by openssl, by GnuTLS and by hand: tests/support/make_pkcs12.py.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/fixtures.hpp"
#include "../../forge/test_authority.hpp"
#include "../../support/permissions.hpp"
#include "../../support/temporary_folder.hpp"
#include "persona/identity/identity.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona::identity;
using namespace persona::x509;
using Part = LoadError::Part;
using Messages = std::vector<std::string>;
using Password = std::optional<std::string_view>;

namespace {

constexpr std::string_view utf8_password = "p\xc3\xa4ss \xe2\x82\xac \xf0\x9f\x9a\xa2";
constexpr std::string_view long_password = "0123456789abcdef0123456789abcdef0123456789abcdef";
const Messages whole_chain{"CN=p12 client", "CN=P12 Intermediate", "CN=P12 Root"};
const Messages leaf_alone{"CN=p12 client"};

std::filesystem::path path_of(std::string_view name) {
  return std::filesystem::path(PERSONA_PKCS12_FILES) / fmt::format("{}.p12", name);
}

std::string content_of(std::string_view name) {
  std::ifstream file(path_of(name), std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

Identity::Loaded load_content(const std::string& content, Password password) {
  REQUIRE(initialise_crypto().has_value());
  return Identity::from_pkcs12(content, password);
}

Messages names(const Identity& identity) {
  Messages found;
  for (const CertificateInfo& info : identity.chain().describe()) {
    found.push_back(info.name);
  }
  return found;
}

/// The chain, or the errors.
Messages opened(std::string_view name, Password password = fixtures::password) {
  const auto identity = load_content(content_of(name), password);
  if (!identity) {
    return support::messages(identity.error());
  }
  CHECK((*identity)->key() != nullptr);
  CHECK((*identity)->warnings().empty());
  return names(**identity);
}

std::string refusal_of(std::string_view name, Password password = fixtures::password,
                       Part part = Part::certificate) {
  const auto identity = load_content(content_of(name), password);
  REQUIRE_FALSE(identity.has_value());
  REQUIRE(identity.error().size() == 1);
  CHECK(identity.error()[0].part == part);
  return identity.error()[0].message;
}

const std::string make_again =
    "make it again with openssl pkcs12 -export -in CERTIFICATES -inkey KEY -out NEW.p12";
const std::string convert = "convert it with openssl pkcs12 -in \"the PKCS#12 file\" -nodes -out NEW.pem";
const std::string convert_legacy =
    "convert it with openssl pkcs12 -legacy -in \"the PKCS#12 file\" -nodes -out NEW.pem";

}  // namespace

TEST_CASE("PKCS#12: every usual encryption and MAC is opened") {
  for (const std::string_view name : {"aes256", "aes128-sha512", "3des", "gnutls", "gnutls-3des"}) {
    CHECK_MESSAGE(opened(name) == whole_chain, name);
  }
  for (const std::string_view name : {"aes192-sha384", "2key-3des", "unencrypted", "pbmac1", "nested"}) {
    CHECK_MESSAGE(opened(name) == leaf_alone, name);
  }
}

TEST_CASE("PKCS#12: passwords of any characters, an empty one, and none") {
  for (const std::string_view name : {"password-utf8", "password-utf8-3des"}) {
    CHECK_MESSAGE(opened(name, utf8_password) == leaf_alone, name);
  }
  CHECK(opened("gnutls-password-utf8", utf8_password) == whole_chain);
  for (const Password password : {Password(), Password("")}) {
    CHECK(opened("password-empty", password) == leaf_alone);
    CHECK(opened("gnutls-password-null", password) == whole_chain);
  }
  CHECK(opened("pbmac1-password-long", long_password) == leaf_alone);
  CHECK(refusal_of("password-long", long_password) ==
        "the PKCS#12 file has a password of more than 31 characters, which is not supported for its kind of "
        "encryption: " +
            convert);
}

TEST_CASE("PKCS#12: a password that is wrong or missing says so") {
  const std::string wrong = "the password does not open the PKCS#12 file, or the file is damaged";
  for (const std::string_view name : {"aes256", "3des", "gnutls", "pbmac1", "unencrypted", "rc2"}) {
    for (const std::string_view password : {"wrong", "", "correct horse\n", "correct hors"}) {
      CHECK_MESSAGE(refusal_of(name, password, Part::password_file) == wrong, name);
    }
    CHECK(refusal_of(name, std::nullopt) ==
          "the PKCS#12 file has a password (or is damaged): name a file with the password in "
          "identity.private_key_password_file");
  }
  CHECK(refusal_of("password-utf8", "p\xe4ss", Part::password_file) ==
        "the password of the PKCS#12 file is not UTF-8 text: save the password file as UTF-8");
  for (const std::string_view invalid :
       {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xff"}) {
    CHECK(refusal_of("aes256", invalid, Part::password_file).find("is not UTF-8") != std::string::npos);
  }
}

TEST_CASE("PKCS#12: what is not supported says what to do") {
  CHECK(refusal_of("rc2") ==
        "the PKCS#12 file is encrypted with RC2, as old programs do, which is not supported: " +
            convert_legacy);
  CHECK(refusal_of("rc4") ==
        "the PKCS#12 file is encrypted with RC4, as old programs do, which is not supported: " +
            convert_legacy);
  CHECK(refusal_of("camellia") ==
        "the PKCS#12 file is encrypted in a way that is not supported (AES with CBC and PBKDF2 is): " +
            convert);
  CHECK(refusal_of("no-mac") ==
        "the PKCS#12 file has no MAC, so a change to it would go unnoticed: " + make_again);
  CHECK(refusal_of("mac-md5") == "the PKCS#12 file has a MAC of a kind that is not supported: " + convert);
  CHECK(
      refusal_of("public-key-privacy") ==
      "the PKCS#12 file is encrypted for a public key instead of with a password, which is not supported: " +
          make_again);
  CHECK(refusal_of("nested-too-deep") == "the PKCS#12 file nests its contents too deeply: " + make_again);
  std::string is_signed = content_of("aes256");
  const auto type = is_signed.find("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
  REQUIRE(type != std::string::npos);
  is_signed[type + 8] = 2;
  const auto identity = load_content(is_signed, fixtures::password);
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{
            "the PKCS#12 file is protected by a signature instead of a password, which is not supported: " +
            make_again});
}

TEST_CASE("PKCS#12: absurd iteration counts are refused before any work") {
  const std::string expected =
      "the PKCS#12 file asks for none or more than 10000000 iterations of its hash: " + make_again;
  CHECK(refusal_of("mac-iterations") == expected);
  CHECK(refusal_of("iterations") == expected);
}

TEST_CASE("PKCS#12: BER says how to convert it") {
  std::string ber = content_of("aes256");
  ber = std::string("\x30\x80", 2) + ber.substr(4) + std::string(2, '\0');
  const auto identity = load_content(ber, fixtures::password);
  REQUIRE_FALSE(identity.has_value());
  CHECK(
      support::messages(identity.error()) ==
      Messages{"the PKCS#12 file is in BER with indefinite lengths, and only DER is supported: " + convert});
}

TEST_CASE("PKCS#12: the contents have to be one key with its certificates") {
  CHECK(refusal_of("no-key") == "the PKCS#12 file has no private key: " + make_again);
  CHECK(refusal_of("no-certificate") ==
        "the PKCS#12 file has a private key but no certificate: " + make_again);
  CHECK(refusal_of("two-keys") ==
        "the PKCS#12 file has 2 private keys (\"alice\", \"b?b\"), and nothing tells which one to use: " +
            make_again);
  CHECK(refusal_of("other-key", fixtures::password, Part::private_key) ==
        "the private key does not match the certificate: CN=p12 client");
  CHECK(refusal_of("unreadable-certificate")
            .starts_with("the PKCS#12 file has a certificate \"broken\" that cannot be "
                         "parsed: "));
}

TEST_CASE("PKCS#12: the key's certificate is found by localKeyId, or by its public key") {
  CHECK(opened("by-public-key") == whole_chain);
  const auto identity = load_content(content_of("local-key-id"), fixtures::password);
  REQUIRE(identity.has_value());
  CHECK(names(**identity) == Messages{"CN=p12 client", "CN=P12 Intermediate", "CN=older p12 client"});
}

TEST_CASE("PKCS#12: a file that is cut off anywhere is refused") {
  for (const std::string_view name : {"aes256", "3des", "pbmac1"}) {
    const std::string whole = content_of(name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto identity = load_content(whole.substr(0, size), fixtures::password);
      REQUIRE_FALSE(identity.has_value());
      REQUIRE(support::messages(identity.error()) ==
              Messages{"the PKCS#12 file is damaged or cut off: copy it again from where it "
                       "was made"});
    }
    CHECK_FALSE(load_content(whole + '\0', fixtures::password).has_value());
  }
}

TEST_CASE("PKCS#12: a changed bit is refused, or was of no importance") {
  const std::string whole = content_of("pbmac1");  // few iterations
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto identity = load_content(changed, fixtures::password);
    if (identity) {
      REQUIRE(names(**identity) == leaf_alone);
    } else {
      REQUIRE_FALSE(identity.error().empty());
    }
  }
}

TEST_CASE("PKCS#12 files are recognised by what is in them") {
  const support::TemporaryFolder folder;
  IdentityFiles files;
  files.password_file = folder.write("pw", fixtures::password);
  for (const std::string_view name : {"aes256", "gnutls-pem"}) {
    files.certificate = folder.write("client.pem", content_of(name));
    for (const auto& key : {std::filesystem::path(), files.certificate, folder.path() / "." / "client.pem"}) {
      files.private_key = key;
      const auto identity = Identity::load(files);
      REQUIRE_MESSAGE(identity.has_value(), support::messages(identity.error())[0]);
      CHECK(names(**identity) == whole_chain);
    }
    files.private_key = folder.write("other.key", fixtures::ec_key_pkcs8);
    const auto identity = Identity::load(files);
    REQUIRE_FALSE(identity.has_value());
    CHECK(support::messages(identity.error()) ==
          Messages{fmt::format("{} is a PKCS#12 file, which has its private key: remove identity.private_key",
                               files.certificate.string())});
    CHECK(identity.error()[0].part == Part::private_key);
  }
}

TEST_CASE("a PKCS#12 file as the private key alone says where it belongs") {
  const support::TemporaryFolder folder;
  const auto key = folder.write("client.p12", content_of("aes256"));
  const auto identity =
      Identity::load({folder.write("client.crt", fixtures::ec_certificate), key, std::nullopt});
  REQUIRE_FALSE(identity.has_value());
  CHECK(support::messages(identity.error()) ==
        Messages{fmt::format(
            "{} is a PKCS#12 file, which has certificates too: name it as identity.certificate and "
            "remove identity.private_key",
            key.string())});
}

TEST_CASE("a certificate file that holds the key is warned of when others can read it") {
  const support::TemporaryFolder folder;
  const auto warnings_of = [](const std::filesystem::path& file) {
    const auto identity = Identity::load({file, {}, std::nullopt});
    REQUIRE_MESSAGE(identity.has_value(), support::messages(identity.error())[0]);
    Messages found = support::warnings((*identity)->warnings());
    std::erase_if(found, [](const std::string& text) { return text.starts_with("certificate is a CA's"); });
    return found;
  };
  for (const auto& file :
       {folder.write("client.p12", content_of("password-empty")),
        folder.write("client.pem", fmt::format("{}{}", fixtures::ec_certificate, fixtures::ec_key_pkcs8))}) {
    support::make_private(file);
    CHECK(warnings_of(file).empty());
    support::let_others_read(file);
    const Messages found = warnings_of(file);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("others besides its owner can read the private key ("));
  }
}
