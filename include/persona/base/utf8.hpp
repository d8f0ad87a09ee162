// Writing UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>

namespace persona {

/// How many bytes a character has at most.
inline constexpr std::size_t utf8_longest = 4;

/// Writes a code point (at most 0x10ffff) to `out`, and returns how many bytes it took: below 0x80 one, below
/// 0x800 two, below 0x10000 three.
std::size_t put_utf8(std::uint32_t code, char* out);

}  // namespace persona
