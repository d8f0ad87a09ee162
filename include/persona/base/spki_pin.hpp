// SPKI pins: the SHA-256 of a SubjectPublicKeyInfo (RFC 7469 section 2.4), written as curl does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

struct SpkiPin {
  std::array<std::uint8_t, 32> sha256{};

  /// "sha256//BASE64" (44 characters of it), but not 32 zero bytes: that is a value for "none". The message
  /// of a failure says what is expected.
  static Result<SpkiPin> parse(std::string_view text);

  /// What parse() accepts.
  std::string to_string() const;

  friend bool operator==(const SpkiPin&, const SpkiPin&) = default;
};

}  // namespace persona
