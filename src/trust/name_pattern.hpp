// Patterns of names in certificates, as `clients.allow` writes them.
//
// A `*` stands for any characters of one segment, several of them allowed, but never across a separator. A
// segment that it stands for is not empty. A name that has a `*` itself (a wildcard certificate) matches only
// the pattern that is the same. Control characters, a NUL among them, and malformed UTF-8 never match, nor do
// names longer than any that is real. The time needed is the length of the name times that of the pattern at
// most, and their sum where a segment has one `*`.
#pragma once

#include <string_view>

namespace persona::trust {

/// Separators are '.', '/' and '@'. Case counts. UTF-8.
bool matches_common_name(std::string_view pattern, std::string_view name);

/// Of a dNSName. The separator is '.'; case does not count, and the pattern may end in a dot. A part of a
/// label is never a part of an encoded one ("xn--...", RFC 9525 section 6.3).
bool matches_dns_pattern(std::string_view pattern, std::string_view name);

/// Of a uniformResourceIdentifier. The scheme is compared as it is and so are user, query and fragment, where
/// a
/// `*` is only itself; in the host and port a `*` keeps within a label, in the path between slashes. Scheme
/// and host in any case. Nothing is normalised: a `*` stands neither for a percent-encoded character nor for
/// the segments "." and "..". Without "//" the colon separates as well ("urn:x:*").
bool matches_uri_pattern(std::string_view pattern, std::string_view uri);

}  // namespace persona::trust
