// `clients.allow.uri`: whether a text is a pattern that some URI can match.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona::config {

/// The pattern with scheme and host in lower case, or what is wrong with it. For what it matches, see
/// identity/name_pattern.hpp.
Result<std::string> parse_uri_pattern(std::string_view text);

}  // namespace persona::config
