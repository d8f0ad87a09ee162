// Which public keys we use at all, judged by kind, strength and cost.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

namespace persona::x509 {

/// Limits on what a stranger's key may cost: the time to verify an RSA signature grows with the square of the
/// modulus's length and with the exponent's length, to seconds for the longest that mbedTLS accepts.
inline constexpr std::size_t least_rsa_bits = 2048;
inline constexpr std::size_t most_rsa_bits = 8192;
inline constexpr std::size_t most_exponent_bits = 32;

/// Why a key is not used, not even to check one signature.
struct KeyDefect {
  std::string_view predicate;  ///< follows "a key": "is too weak"
  std::string key;             ///< "RSA 1024", "RSA 2048 with a public exponent of 2047 bits"
};

/// Nothing for P-256, P-384 and P-521, and for RSA within these bounds with an odd exponent.
std::optional<KeyDefect> key_defect(const mbedtls_pk_context& key);

/// The same for a certificate's key. Its RSA modulus must also be a whole number of octets long, and its
/// curve must be named (RFC 5480 section 2.1.1).
std::optional<KeyDefect> key_defect(const mbedtls_x509_crt& certificate);

}  // namespace persona::x509
