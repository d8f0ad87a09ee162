// Numeric addresses to and from text: the operating system's part of address.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace persona::detail {

using Ipv4Octets = std::array<std::uint8_t, 4>;
using Ipv6Octets = std::array<std::uint8_t, 16>;

std::optional<Ipv4Octets> ipv4_from_text(const std::string& text);
std::optional<Ipv6Octets> ipv6_from_text(const std::string& text);
std::string ipv4_to_text(const Ipv4Octets& octets);
std::string ipv6_to_text(const Ipv6Octets& octets);

}  // namespace persona::detail
