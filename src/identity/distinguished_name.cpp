#include "distinguished_name.hpp"

#include <algorithm>
#include <string>

#include "der_reader.hpp"
#include "dns_name.hpp"

namespace persona::identity {

namespace {

bool same_octets(ByteView left, ByteView right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

bool is_string(int tag) {
  return tag == MBEDTLS_ASN1_UTF8_STRING || tag == MBEDTLS_ASN1_PRINTABLE_STRING ||
         tag == MBEDTLS_ASN1_IA5_STRING;
}

// RFC 4518 as far as ASCII goes: lower case, no spaces around, one between.
std::string prepared(std::string_view text) {
  std::string out;
  for (const char character : text) {
    if (character == ' ' && (out.empty() || out.back() == ' ')) {
      continue;
    }
    out += ascii_lower(character);
  }
  if (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

bool same_attribute(ByteView left, ByteView right) {
  DerReader a(left);
  DerReader b(right);
  const auto type_a = a.take(MBEDTLS_ASN1_OID);
  const auto type_b = b.take(MBEDTLS_ASN1_OID);
  const auto value_a = a.take_any();
  const auto value_b = b.take_any();
  if (!type_a || !type_b || !value_a || !value_b || !same_octets(*type_a, *type_b)) {
    return false;
  }
  if (is_string(value_a->tag) && is_string(value_b->tag)) {
    return prepared(as_text(value_a->content)) == prepared(as_text(value_b->content));
  }
  return value_a->tag == value_b->tag && same_octets(value_a->content, value_b->content);
}

// The attributes of a multi-valued RDN are in DER's order, so the same in both.
bool same_rdn(ByteView left, ByteView right) {
  if (same_octets(left, right)) {
    return true;
  }
  DerReader a(left);
  DerReader b(right);
  while (!a.empty() && !b.empty()) {
    const auto one = a.take(DerReader::sequence);
    const auto other = b.take(DerReader::sequence);
    if (!one || !other || !same_attribute(*one, *other)) {
      return false;
    }
  }
  return a.empty() && b.empty();
}

enum class Match { whole, prefix };

bool matches(ByteView name, ByteView base, Match match) {
  const auto rdns = DerReader(name).take(DerReader::sequence);
  const auto base_rdns = DerReader(base).take(DerReader::sequence);
  if (!rdns || !base_rdns) {
    return false;
  }
  DerReader rest(*rdns);
  for (DerReader wanted(*base_rdns); !wanted.empty();) {
    const auto rdn = rest.take(DerReader::set);
    const auto base_rdn = wanted.take(DerReader::set);
    if (!rdn || !base_rdn || !same_rdn(*rdn, *base_rdn)) {
      return false;
    }
  }
  return match == Match::prefix || rest.empty();
}

}  // namespace

bool same_distinguished_name(ByteView left, ByteView right) {
  return same_octets(left, right) || matches(left, right, Match::whole);
}

bool is_within(ByteView name, ByteView base) {
  return matches(name, base, Match::prefix);
}

bool is_empty_name(ByteView name) {
  const auto rdns = DerReader(name).take(DerReader::sequence);
  return rdns && rdns->empty();
}

}  // namespace persona::identity
