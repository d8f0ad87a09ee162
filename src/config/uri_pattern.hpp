// `clients.allow.uri`: whether a text is a pattern that some URI can match; and SPIFFE IDs.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona::config {

/// The pattern with scheme and host in lower case, or what is wrong with it. For what it matches, see
/// identity/name_pattern.hpp.
Result<std::string> parse_uri_pattern(std::string_view text);

/// A SPIFFE ID without a pattern, with scheme and trust domain in lower case; or what is wrong with it.
Result<std::string> parse_spiffe_id(std::string_view text);

}  // namespace persona::config
