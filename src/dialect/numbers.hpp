// Numbers in messages. Who calls has seen that their bytes are there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "persona/base/bytes.hpp"

namespace persona::dialect {

inline std::uint32_t big_endian_16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 8U | bytes[at + 1];
}

inline std::uint32_t big_endian_32(ByteView bytes, std::size_t at) {
  return big_endian_16(bytes, at) << 16U | big_endian_16(bytes, at + 2);
}

inline std::array<std::uint8_t, 4> as_big_endian_32(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
          static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

inline std::uint32_t little_endian_16(ByteView bytes, std::size_t at) {
  return bytes[at] | static_cast<std::uint32_t>(bytes[at + 1]) << 8U;
}

inline std::uint32_t little_endian_24(ByteView bytes, std::size_t at) {
  return little_endian_16(bytes, at) | static_cast<std::uint32_t>(bytes[at + 2]) << 16U;
}

inline std::uint32_t little_endian_32(ByteView bytes, std::size_t at) {
  return little_endian_16(bytes, at) | little_endian_16(bytes, at + 2) << 16U;
}

}  // namespace persona::dialect
