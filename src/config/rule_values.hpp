// Values that say who or where: address blocks, names, patterns, pins. Each reader takes one value or a list,
// and reports what is not valid and what is listed twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "value.hpp"

namespace persona::config {

std::vector<Cidr> read_blocks(const Value& value);
std::vector<SpkiPin> read_pins(const Value& value);

/// Nothing when an entry was wrong: the others alone would mean something else.
std::optional<AllowedAddresses> read_allowed_addresses(const Value& value);

// `clients.allow`
std::vector<std::string> read_cn_patterns(const Value& value);
std::vector<std::string> read_dns_patterns(const Value& value);  ///< lower case, no trailing dot
std::vector<std::string> read_uri_patterns(const Value& value);  ///< scheme and host lower case

}  // namespace persona::config
