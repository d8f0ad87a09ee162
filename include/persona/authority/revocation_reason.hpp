// Why a certificate is revoked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace persona::authority {

/// The values of CRLReason (RFC 5280 section 5.3.1) that fit a leaf and are permanent.
enum class RevocationReason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  privilege_withdrawn = 9,
};

/// As RFC 5280 writes it: "keyCompromise".
std::string_view reason_in_words(RevocationReason reason);
std::optional<RevocationReason> parse_reason(std::string_view word);

}  // namespace persona::authority
