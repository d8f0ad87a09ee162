// DNS names as certificates have them (RFC 5280 section 4.2.1.6, RFC 9525 section 6.3).
#pragma once

#include <string_view>

namespace persona::x509 {

/// Letters, digits and hyphens in labels of 1 to 63, none with a hyphen at an end; at most 253 characters, no
/// trailing dot.
bool is_dns_name(std::string_view name);

/// Does a dNSName of a certificate stand for `name`? A `*` may be the whole left-most label of it and stands
/// for one label, but not for the names right below a public suffix. Neither has a trailing dot.
bool matches_dns_name(std::string_view in_certificate, std::string_view name);

/// True for "com", "co.uk" and single labels in general: names below it belong to different owners.
bool is_public_suffix(std::string_view name);

}  // namespace persona::x509
