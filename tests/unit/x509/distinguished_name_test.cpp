#include "persona/x509/distinguished_name.hpp"

#include <doctest/doctest.h>
#include <mbedtls/asn1.h>

#include "persona/x509/der_writer.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/words.hpp"

using namespace persona;
using namespace persona::x509;

namespace {

struct Attribute {
  std::string type = "\x55\x04\x03";  // commonName
  unsigned char tag = MBEDTLS_ASN1_UTF8_STRING;
  std::string value;
};

/// Each attribute an RDN of its own.
Bytes name_of(const std::vector<Attribute>& attributes) {
  DerWriter der(1024);
  for (auto each = attributes.rbegin(); each != attributes.rend(); ++each) {
    const std::size_t end = der.size();
    der.raw(as_bytes(each->value));
    der.wrap(each->tag, end);
    der.oid(each->type);
    der.wrap(DerWriter::sequence, end);
    der.wrap(MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET, end);
  }
  der.wrap(DerWriter::sequence, 0);
  REQUIRE(der.error() == 0);
  return {der.bytes().begin(), der.bytes().end()};
}

void check_same(const Bytes& left, const Bytes& right, bool same) {
  CHECK(same_distinguished_name(left, right) == same);
  CHECK((comparable_name(left) == comparable_name(right)) == same);
}

/// What people are shown of a name with one attribute.
std::string shown(unsigned char tag, std::string value) {
  std::string oid = "\x55\x04\x03";
  mbedtls_x509_name name{};
  name.oid = {MBEDTLS_ASN1_OID, oid.size(), reinterpret_cast<unsigned char*>(oid.data())};
  name.val = {tag, value.size(), reinterpret_cast<unsigned char*>(value.data())};
  return name_in_words(name);
}

}  // namespace

TEST_CASE("names are the same whatever their case, encoding and spaces") {
  const Bytes name = name_of({{.value = "Example CA"}});
  check_same(name, name, true);
  check_same(name, name_of({{.tag = MBEDTLS_ASN1_PRINTABLE_STRING, .value = " example  ca "}}), true);
  check_same(name, name_of({{.value = "ExampleCA"}}), false);
  check_same(name, name_of({{.type = "\x55\x04\x0a", .value = "Example CA"}}), false);
  check_same(name, name_of({}), false);
  check_same(name_of({}), name_of({}), true);
}

TEST_CASE("what is no string is compared octet by octet") {
  const Bytes name = name_of({{.tag = MBEDTLS_ASN1_BMP_STRING, .value = "AB"}});
  check_same(name, name_of({{.tag = MBEDTLS_ASN1_BMP_STRING, .value = "ab"}}), false);
  check_same(name, name_of({{.tag = MBEDTLS_ASN1_T61_STRING, .value = "AB"}}), false);
}

TEST_CASE("where one part of a name ends is not lost") {
  check_same(name_of({{.value = "a"}, {.value = "b"}}), name_of({{.value = "ab"}}), false);
  check_same(name_of({{.value = "a"}, {.value = "b"}}), name_of({{.value = "b"}, {.value = "a"}}), false);
  check_same(name_of({{.value = "a"}, {.value = ""}}), name_of({{.value = ""}, {.value = "a"}}), false);
}

TEST_CASE("what cannot be read is the same as itself only") {
  const Bytes cut = {0x30, 0x05, 0x31, 0x03, 0x30, 0x05, 0x06};
  Bytes other = cut;
  other.back() = 0x07;
  check_same(cut, cut, true);
  check_same(cut, other, false);
  check_same({0x01, 0x02}, {0x01, 0x02}, true);
  check_same({0x01, 0x02}, name_of({}), false);
}

TEST_CASE("strings of two and four octets for a character are shown as people read them") {
  using namespace std::string_literals;
  CHECK(shown(MBEDTLS_ASN1_BMP_STRING,
              "\0D\0B\0-\0"
              "1"s) == "CN=DB-1");
  CHECK(shown(MBEDTLS_ASN1_UNIVERSAL_STRING, "\0\0\0D\0\0\0B"s) == "CN=DB");
  // As a UTF8String of the same characters: two, three and four octets.
  for (const auto& [wide, narrow] :
       {std::pair("\0\xfc"s, "\xc3\xbc"s), std::pair("\x20\xac"s, "\xe2\x82\xac"s),
        std::pair("\xd8\x3d\xde\x00"s, "\xf0\x9f\x98\x80"s)}) {
    CHECK(shown(MBEDTLS_ASN1_BMP_STRING, wide) == shown(MBEDTLS_ASN1_UTF8_STRING, narrow));
  }
  // What is none is shown in hexadecimal: half a character, half a pair, a pair the wrong way round.
  for (const std::string& broken : {"\0D\0"s, "\xd8\x3d"s, "\xd8\x3d\0D"s, "\xde\x00\xd8\x3d"s}) {
    CHECK(shown(MBEDTLS_ASN1_BMP_STRING, broken).starts_with("CN=#1E"));
  }
  CHECK(shown(MBEDTLS_ASN1_UNIVERSAL_STRING, "\0\x11\0\0"s).starts_with("CN=#1C"));
}
