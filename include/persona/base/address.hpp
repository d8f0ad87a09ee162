// IP addresses and CIDR blocks as values, without sockets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

/// An IPv4 or IPv6 address. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so that
/// ::ffff:127.0.0.1 and 127.0.0.1 are one address.
class IpAddress {
 public:
  using Octets = std::array<std::uint8_t, 16>;

  IpAddress() = default;
  explicit IpAddress(const Octets& octets) : octets_(octets) {}

  /// Numeric addresses only; no names, no zone index, no brackets.
  static std::optional<IpAddress> parse(std::string_view text);

  const Octets& octets() const { return octets_; }  ///< network byte order
  bool is_v4() const;                               ///< IPv4 or IPv4-mapped
  bool is_loopback() const;                         ///< 127.0.0.0/8 or ::1
  std::string to_string() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  Octets octets_{};
};

/// An address block. "10.0.0.0/8", "::1/128"; a bare address is a block of one.
class Cidr {
 public:
  static Result<Cidr> parse(std::string_view text);

  /// A block of one family contains no address of the other: ::/0 is every IPv6 address and no IPv4 address.
  bool contains(const IpAddress& address) const;
  std::string to_string() const;

  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  IpAddress network_;
  unsigned bits_ = 128;  // of the 128-bit form: an IPv4 /8 is 96 + 8
};

}  // namespace persona
