// Reading and writing TLS's presentation language (RFC 8446 section 3): big-endian numbers, vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "persona/base/bytes.hpp"

namespace persona::tls {

/// Takes values from the front of a message. Once it has run out, all it gives is zero or empty and ok() is
/// false.
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

  /// A vector whose length stands before it in `length_octets`.
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

/// Appends the last `octets` octets of the number, 8 at most. Not inline, nor is the other: behind a
/// reserve(), g++ 14 makes of them what it then takes for freeing a pointer into the middle of the vector
/// (-Wfree-nonheap-object).
void write_number(Bytes& output, std::uint64_t value, std::size_t octets);

/// Appends `content`, with its length before it in `length_octets`.
void write_vector(Bytes& output, ByteView content, std::size_t length_octets);

}  // namespace persona::tls
