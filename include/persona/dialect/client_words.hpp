// What a client speaks that came to a TLS port without TLS.
#pragma once

#include <optional>
#include <string_view>

#include "persona/base/bytes.hpp"

namespace persona::dialect {

/// What its first bytes are, and what to do about it. String literals.
struct ClientWords {
  std::string_view language;  ///< "PostgreSQL"
  std::string_view advice;    ///< goes on after "without TLS: "
};

/// Nothing: they belong to none that we know, or are too few to tell. Clients of MySQL are not among these:
/// they wait for the server to begin.
std::optional<ClientWords> words_of_client(ByteView first_bytes);

}  // namespace persona::dialect
