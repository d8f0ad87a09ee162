// What writing and reading a PROXY header share.
#pragma once

#include <array>
#include <cstdint>

namespace persona::dialect {

inline constexpr std::array<std::uint8_t, 12> proxy_signature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                                 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
inline constexpr std::uint8_t proxied_by_v2 = 0x21;  // version 2, command PROXY
inline constexpr std::uint8_t family_unknown = 0x00;
inline constexpr std::uint8_t family_tcp_v4 = 0x11;
inline constexpr std::uint8_t family_tcp_v6 = 0x21;

}  // namespace persona::dialect
