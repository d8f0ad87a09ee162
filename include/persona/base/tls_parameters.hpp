// TLS versions, cipher suites and groups by their IANA names and code points. Everything a configuration can
// name is in these tables, so nothing weaker can be asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace persona {

/// Values are the code points of RFC 8446 section 4.1.2, so that they compare in order.
enum class TlsVersion : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

std::string_view to_string(TlsVersion version);  ///< "TLSv1.2", "TLSv1.3"

enum class Aead : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

struct CipherSuite {
  std::string_view name;     ///< IANA name: TLS_AES_128_GCM_SHA256
  std::uint16_t code_point;  ///< IANA code point
  TlsVersion version;
  Aead aead;
};

struct NamedGroup {
  std::string_view name;     ///< RFC 8446 section 4.2.7: x25519, secp256r1; IANA's in lower case
  std::uint16_t code_point;  ///< IANA code point
  TlsVersion lowest;         ///< the first version that can agree on it
};

/// X25519 and ML-KEM-768 (RFC 10024): what is recorded stays secret while either of them is unbroken, also
/// from a quantum computer, which breaks all other groups.
inline constexpr std::string_view hybrid_group = "x25519mlkem768";

/// The most that named_groups() has.
inline constexpr std::size_t most_named_groups = 5;

std::span<const CipherSuite> cipher_suites();
/// The hybrid is among them only if this build has ML-KEM; then it is the first.
std::span<const NamedGroup> named_groups();

const CipherSuite* find_cipher_suite(std::string_view name);     ///< null when not supported
const CipherSuite* find_cipher_suite(std::uint16_t code_point);  ///< null when not supported
const NamedGroup* find_named_group(std::string_view name);       ///< null when not supported
const NamedGroup* find_named_group(std::uint16_t code_point);    ///< null when not supported

}  // namespace persona
