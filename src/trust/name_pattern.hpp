// Patterns for names in certificates, as in `clients.allow`.
//
// A `*` matches any characters within one segment, never across a separator; a segment may have several. It
// does not match an empty segment. A name that contains a `*` itself (a wildcard certificate) matches only
// the identical pattern. Control characters (NUL included) and malformed UTF-8 never match, nor do names
// longer than any real one. The time is at most the length of the name times that of the pattern, and their
// sum where each segment has one `*`.
#pragma once

#include <string_view>

namespace persona::trust {

/// Separators are '.', '/' and '@'. Case counts. UTF-8.
bool matches_common_name(std::string_view pattern, std::string_view name);

/// For a dNSName. The separator is '.'; case does not count, and the pattern may end in a dot. A `*` never
/// matches a part of an encoded label ("xn--...", RFC 9525 section 6.3).
bool matches_dns_pattern(std::string_view pattern, std::string_view name);

/// For a uniformResourceIdentifier. A `*` stays within a label of the host, within the port, or between
/// slashes of the path; in the scheme, user, query and fragment it is an ordinary character. Case counts
/// except in scheme and host. Nothing is normalised. The segments "." and ".." and percent-encoded characters
/// never match a `*`. Without "//", the colon is a separator too ("urn:x:*").
bool matches_uri_pattern(std::string_view pattern, std::string_view uri);

}  // namespace persona::trust
