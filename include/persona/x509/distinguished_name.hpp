// Compares distinguished names (RFC 5280 section 7.1) in DER.
#pragma once

#include <string>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Both with their SEQUENCE header, as in mbedTLS's subject_raw. String values match regardless of ASCII
/// case, of their encoding (PrintableString, UTF8String or IA5String) and of how many spaces are in a row.
bool same_distinguished_name(ByteView left, ByteView right);

/// A key to look names up by: equal for names that are the same, different for all others. Not for people to
/// read.
std::string comparable_name(ByteView name);

/// Is `name` in the subtree of `base`, that is, does it begin with all of base's RDNs?
bool is_within(ByteView name, ByteView base);

/// True for an empty SEQUENCE.
bool is_empty_name(ByteView name);

}  // namespace persona::x509
