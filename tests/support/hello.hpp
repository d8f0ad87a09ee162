// A ClientHello or ServerHello in one record, taken apart and changed (RFC 8446 sections 4.1.2 and 4.1.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "peer.hpp"

namespace persona::tls::test {

inline constexpr std::uint16_t group_secp256r1 = 0x17;
inline constexpr std::uint16_t group_secp384r1 = 0x18;
inline constexpr std::uint16_t group_x25519 = 0x1d;
inline constexpr std::uint16_t extension_supported_groups = 10;
inline constexpr std::uint16_t extension_supported_versions = 43;
inline constexpr std::uint16_t extension_cookie = 44;
inline constexpr std::uint16_t extension_key_share = 51;

// Section 4.1.3: the random that makes a ServerHello a HelloRetryRequest.
inline constexpr std::array<std::uint8_t, 32> retry_random{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

inline Bytes two_bytes(std::size_t number) {
  return {static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

inline std::size_t number_at(ByteView bytes, std::size_t at) {
  return std::size_t{bytes[at]} << 8U | bytes[at + 1];
}

/// With its length before it, in two bytes.
inline Bytes vector_of(ByteView content) {
  return join({two_bytes(content.size()), content});
}

inline Bytes extension(std::uint16_t type, ByteView body) {
  return join({two_bytes(type), vector_of(body)});
}

/// The handshake message at the front of `wire` in a record of its own, without change_cipher_spec before it.
inline ByteView first_record(ByteView wire) {
  constexpr std::size_t header = 5;
  while (wire.size() > header && wire[0] == 20) {
    wire = wire.subspan(header + number_at(wire, 3));
  }
  must(wire.size() > header);
  return wire.first(header + number_at(wire, 3));
}

/// Where the extensions of a hello begin, with their length. A ServerHello has one suite and no list of them.
inline std::size_t extensions_of(ByteView hello) {
  constexpr std::size_t header = 5;
  std::size_t at = header + 4 + 2 + 32;
  at += 1U + hello[at];
  if (hello[header] == 2) {
    return at + 3;
  }
  at += 2 + number_at(hello, at);
  return at + 1U + hello[at];
}

/// The session id with its length.
inline Bytes session_id_of(ByteView hello) {
  const std::size_t at = 5 + 4 + 2 + 32;
  return bytes_of(hello.subspan(at, 1U + hello[at]));
}

/// The body of an extension of a hello.
inline std::optional<Bytes> extension_of(ByteView hello, std::uint16_t type) {
  std::size_t at = extensions_of(hello) + 2;
  while (at + 4 <= hello.size()) {
    const std::size_t size = number_at(hello, at + 2);
    if (number_at(hello, at) == type) {
      return bytes_of(hello.subspan(at + 4, size));
    }
    at += 4 + size;
  }
  return std::nullopt;
}

/// The same with another body of that extension, which it has.
inline Bytes with_extension(ByteView hello, std::uint16_t type, ByteView body) {
  const std::size_t begin = extensions_of(hello);
  Bytes extensions;
  bool found = false;
  for (std::size_t at = begin + 2; at + 4 <= hello.size();) {
    const std::size_t size = number_at(hello, at + 2);
    const bool is_it = number_at(hello, at) == type;
    found = found || is_it;
    extensions = join({extensions, is_it ? extension(type, body) : bytes_of(hello.subspan(at, 4 + size))});
    at += 4 + size;
  }
  must(found);
  const Bytes rest = join({hello.subspan(9, begin - 9), vector_of(extensions)});
  return join({Bytes{22, 3, 3}, two_bytes(rest.size() + 4), Bytes{hello[5], 0}, vector_of(rest)});
}

/// One of key_share.
inline Bytes share_of(std::uint16_t group, ByteView key) {
  return join({two_bytes(group), vector_of(key)});
}

/// What answers a ClientHello.
inline Bytes hello_retry_request(ByteView hello, ByteView more_extensions) {
  const Bytes extensions = join({extension(extension_supported_versions, Bytes{3, 4}), more_extensions});
  const Bytes body =
      join({Bytes{3, 3}, retry_random, session_id_of(hello), Bytes{0x13, 0x01, 0}, vector_of(extensions)});
  return join({Bytes{22, 3, 3}, two_bytes(body.size() + 4), Bytes{2, 0}, vector_of(body)});
}

}  // namespace persona::tls::test
