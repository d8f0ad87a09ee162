// What recognises forms; that the commands work is tests/integration/files_as_people_have_them.py's.
#include "persona/x509/foreign_form.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/fixtures.hpp"

using namespace persona::x509;
using namespace std::string_view_literals;

namespace {

std::string sentence_of(std::string_view content, Wanted wanted = Wanted::identity) {
  return foreign_form(content, "a file", wanted).value_or("");
}

}  // namespace

TEST_CASE("what is read, and what nobody knows, has no sentence of another form") {
  for (const Wanted wanted : {Wanted::identity, Wanted::ca, Wanted::private_key, Wanted::crl}) {
    for (const std::string_view content : {""sv, "hello"sv, "\x30"sv, "\x30\x82"sv, "\x30\x80\x06\x09"sv,
                                           "\xfe\xed"sv, "-----BEGIN "sv, "AAAA"sv, fixtures::ec_certificate,
                                           fixtures::ec_key_pkcs8, "<html><body>Not found</body></html>"sv}) {
      CAPTURE(content);
      CHECK(sentence_of(content, wanted) == "");
    }
  }
}

TEST_CASE("forms are told by their first bytes, whatever comes after them") {
  CHECK(sentence_of("\xfe\xed\xfe\xed\0"sv).starts_with("a file is a Java key store (JKS)"));
  CHECK(sentence_of("\xce\xce\xce\xce\0"sv, Wanted::crl).starts_with("a file is a Java key store (JCEKS)"));
  const auto signed_data = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;
  for (const std::string_view header : {"\x30\x0b"sv, "\x30\x80"sv, "\x30\x82\x10\x00"sv}) {
    CHECK(
        sentence_of(std::string(header) + std::string(signed_data))
            .ends_with("convert it with openssl pkcs7 -inform DER -in \"a file\" -print_certs -out NEW.pem"));
  }
  CHECK_FALSE(is_pkcs7("\x30\x85\x01\x01\x01\x01\x01"sv));
  CHECK(sentence_of("-----BEGIN CERTIFICATE-----\\nMIIB").find("\\n") != std::string::npos);
  CHECK(sentence_of(
            fmt::format("text\n-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n{}", fixtures::ec_key_pkcs8))
            .starts_with("a file is a PKCS#7 bundle"));
}

TEST_CASE("Base64 is told from words by what it stands for") {
  const std::string filling(80, 'A');
  CHECK(sentence_of("LS0tLS1CRUdJTiBD" + filling).starts_with("a file is Base64 of PEM"));
  CHECK(sentence_of("MIIB" + filling + "\n").find("openssl base64 -d -A -in") != std::string::npos);
  CHECK(sentence_of("MIIB\n" + filling + "\n").find("openssl base64 -d -in") != std::string::npos);
  CHECK(sentence_of("LS0tLS1CRUdJTiBD" + filling, Wanted::ca).find("umask") == std::string::npos);
  CHECK(sentence_of(filling) == "");
  CHECK(sentence_of("MIIB" + filling + "!") == "");
  CHECK(sentence_of("MIIB") == "");
}
