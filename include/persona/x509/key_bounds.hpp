// Which public keys are used at all: those of a kind, a strength and a cost that we take.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

namespace persona::x509 {

/// What a stranger's key may cost: verifying one RSA signature takes time in proportion to the square of the
/// modulus and to the length of the exponent, seconds where both are as long as mbedTLS takes them.
inline constexpr std::size_t least_rsa_bits = 2048;
inline constexpr std::size_t most_rsa_bits = 8192;
inline constexpr std::size_t most_exponent_bits = 32;

/// Why a key is not used, not even to look at one signature.
struct KeyDefect {
  std::string_view predicate;  ///< of "a key": "is too weak"
  std::string key;             ///< "RSA 1024", "RSA 2048 with a public exponent of 2047 bits"
};

/// Nothing for RSA within these bounds with an odd exponent, and for P-256, P-384 and P-521.
std::optional<KeyDefect> key_defect(const mbedtls_pk_context& key);

/// The same of a certificate, whose RSA modulus has to be of whole octets besides, and whose curve has to be
/// named.
std::optional<KeyDefect> key_defect(const mbedtls_x509_crt& certificate);

}  // namespace persona::x509
