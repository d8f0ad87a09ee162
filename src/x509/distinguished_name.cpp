#include "persona/x509/distinguished_name.hpp"

#include <algorithm>
#include <string>

#include "persona/base/text.hpp"
#include "persona/x509/der_reader.hpp"

namespace persona::x509 {

namespace {

bool same_octets(ByteView left, ByteView right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

bool is_string(int tag) {
  return tag == MBEDTLS_ASN1_UTF8_STRING || tag == MBEDTLS_ASN1_PRINTABLE_STRING ||
         tag == MBEDTLS_ASN1_IA5_STRING;
}

// RFC 4518 for ASCII alone: lower case, no spaces at either end, one for every run of them.
std::string prepared(std::string_view text) {
  std::string out;
  for (const char character : text) {
    if (character == ' ' && (out.empty() || out.back() == ' ')) {
      continue;
    }
    out += to_lower(character);
  }
  if (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

// Prefixed with its length, so that no two sequences of parts give the same string.
void append_part(std::string& out, char kind, std::string_view part) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out += static_cast<char>(part.size() >> shift & 0xffU);
  }
  out += kind;
  out += part;
}

constexpr char unreadable_mark = '!';  // what does not parse equals only the same octets

// DER sorts the attributes of a multi-valued RDN, so equal RDNs list them in the same order.
std::string comparable_rdn(ByteView rdn) {
  std::string out;
  DerReader attributes(rdn);
  while (!attributes.empty()) {
    const auto attribute = attributes.take(DerReader::sequence);
    DerReader fields(attribute.value_or(ByteView()));
    const auto type = fields.take(MBEDTLS_ASN1_OID);
    const auto value = fields.take_any();
    if (!type || !value) {
      out.clear();
      append_part(out, unreadable_mark, as_text(rdn));
      return out;
    }
    append_part(out, 'o', as_text(*type));
    if (is_string(value->tag)) {
      append_part(out, 's', prepared(as_text(value->content)));
    } else {
      append_part(out, 't', std::string_view(std::to_string(value->tag)));
      append_part(out, 'v', as_text(value->content));
    }
  }
  return out;
}

bool same_rdn(ByteView left, ByteView right) {
  return same_octets(left, right) || comparable_rdn(left) == comparable_rdn(right);
}

}  // namespace

bool same_distinguished_name(ByteView left, ByteView right) {
  return same_octets(left, right) || comparable_name(left) == comparable_name(right);
}

std::string comparable_name(ByteView name) {
  std::string out;
  const auto rdns = DerReader(name).take(DerReader::sequence);
  DerReader rest(rdns.value_or(ByteView()));
  while (rdns && !rest.empty()) {
    const auto rdn = rest.take(DerReader::set);
    if (!rdn) {
      break;
    }
    append_part(out, 'r', comparable_rdn(*rdn));
  }
  if (!rdns || !rest.empty()) {
    out.clear();
    append_part(out, unreadable_mark, as_text(name));
  }
  return out;
}

bool is_within(ByteView name, ByteView base) {
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
  return true;
}

bool is_empty_name(ByteView name) {
  const auto rdns = DerReader(name).take(DerReader::sequence);
  return rdns && rdns->empty();
}

}  // namespace persona::x509
