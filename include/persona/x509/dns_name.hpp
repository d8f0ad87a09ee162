// DNS names in certificates (RFC 5280 section 4.2.1.6, RFC 9525 section 6.3).
#pragma once

#include <string_view>

namespace persona::x509 {

/// Labels of 1 to 63 letters, digits and hyphens, none with a hyphen at either end; at most 253 characters in
/// all, no trailing dot.
bool is_dns_name(std::string_view name);

/// The same, or with underscores. RFC 5280 has none, but hosts are named so and private CAs certify them.
bool is_dns_name_or_underscored(std::string_view name);

/// Does a certificate's dNSName match `name`? A `*` may be its whole left-most label and stands for exactly
/// one label, but never for one directly below a public suffix. A name with an underscore matches only
/// itself. Neither name has a trailing dot.
bool matches_dns_name(std::string_view in_certificate, std::string_view name);

/// True for "com", "co.uk" and any single label: the names below it belong to different owners.
bool is_public_suffix(std::string_view name);

}  // namespace persona::x509
