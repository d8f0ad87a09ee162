// Reading and writing TLS's presentation language (RFC 8446 section 3): big-endian numbers, vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "persona/base/bytes.hpp"

namespace persona::tls {

// HandshakeType (RFC 8446 section 4), of what follows a handshake.
inline constexpr std::uint8_t new_session_ticket = 4;
inline constexpr std::uint8_t key_update = 24;

/// Takes values from the front of a message. Once the message has run out, every value is zero or empty, and
/// ok() is false.
class WireReader {
 public:
  explicit WireReader(ByteView input) : input_(input) {}

  std::uint64_t number(std::size_t octets) {
    std::uint64_t value = 0;
    for (const std::uint8_t octet : take(octets)) {
      value = value << 8 | octet;
    }
    return value;
  }

  /// A vector that is preceded by its length in `length_octets` octets.
  ByteView vector(std::size_t length_octets) { return take(static_cast<std::size_t>(number(length_octets))); }

  ByteView take(std::size_t count) {
    if (count > input_.size()) {
      ok_ = false;
      input_ = {};
      return {};
    }
    const ByteView taken = input_.first(count);
    input_ = input_.subspan(count);
    return taken;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && input_.empty(); }

 private:
  ByteView input_;
  bool ok_ = true;
};

/// Appends the low `octets` octets of `value`, 8 at most. Neither function is inline: after a reserve(), g++
/// 14 would inline both and warn of a free() in the middle of the vector (-Wfree-nonheap-object).
void write_number(Bytes& output, std::uint64_t value, std::size_t octets);

/// Appends the length of `content` in `length_octets` octets, then `content`.
void write_vector(Bytes& output, ByteView content, std::size_t length_octets);

}  // namespace persona::tls
