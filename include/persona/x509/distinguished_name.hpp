// Comparing distinguished names (RFC 5280 section 7.1) as DER.
#pragma once

#include <string>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Both with their SEQUENCE header, as in subject_raw of mbedTLS. Attribute values that are strings match
/// whatever their case, their encoding (PrintableString or UTF8String) and how many spaces are in a row.
bool same_distinguished_name(ByteView left, ByteView right);

/// The same string for names that are the same, another one for others: to look them up by, rather than to
/// compare each with each. No text for people.
std::string comparable_name(ByteView name);

/// Is `name` in the subtree of `base`: does it begin with all of its RDNs?
bool is_within(ByteView name, ByteView base);

/// An empty SEQUENCE.
bool is_empty_name(ByteView name);

}  // namespace persona::x509
