#include "persona/net/address.hpp"

#include <cstring>

#include <fmt/format.h>

namespace persona::net {

namespace {

IpAddress from_v4(const in_addr& address) {
  IpAddress::Octets octets{};
  octets[10] = octets[11] = 0xff;  // an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2)
  std::memcpy(octets.data() + 12, &address, 4);
  return IpAddress(octets);
}

std::uint16_t host_order(std::uint16_t network_order) {
  std::uint8_t bytes[2];
  std::memcpy(bytes, &network_order, 2);
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint16_t network_order(std::uint16_t host_order) {
  const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(host_order >> 8),
                                 static_cast<std::uint8_t>(host_order)};
  std::uint16_t result = 0;
  std::memcpy(&result, bytes, 2);
  return result;
}

}  // namespace

// The family decides how many bytes may be read; other families leave the address empty.
SocketAddress::SocketAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    std::memcpy(&storage_, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&storage_, address, sizeof(sockaddr_in6));
  }
}

SocketAddress SocketAddress::of_user(std::uint32_t user) {
  SocketAddress result;
  result.user_ = user;
  return result;
}

std::optional<SocketAddress> SocketAddress::from_numeric(const std::string& host, std::uint16_t port) {
  SocketAddress result;
  if (uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&result.storage_)) == 0 ||
      uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&result.storage_)) == 0) {
    return result;
  }
  return std::nullopt;
}

bool SocketAddress::is_ip() const {
  return storage_.ss_family == AF_INET || storage_.ss_family == AF_INET6;
}

std::optional<IpAddress> SocketAddress::ip() const {
  if (storage_.ss_family == AF_INET) {
    return from_v4(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr);
  }
  if (storage_.ss_family == AF_INET6) {
    IpAddress::Octets octets{};
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, octets.size());
    return IpAddress(octets);
  }
  return std::nullopt;
}

std::uint16_t SocketAddress::port() const {
  if (storage_.ss_family == AF_INET) {
    return host_order(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  }
  if (storage_.ss_family == AF_INET6) {
    return host_order(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  }
  return 0;
}

void SocketAddress::set_port(std::uint16_t port) {
  if (storage_.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = network_order(port);
  } else if (storage_.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = network_order(port);
  }
}

std::string SocketAddress::to_string() const {
  const auto address = ip();
  if (!address) {
    return user_ ? fmt::format("unix:uid={}", *user_) : "unix";
  }
  const std::string text = address->to_string();
  return address->is_v4() ? fmt::format("{}:{}", text, port()) : fmt::format("[{}]:{}", text, port());
}

}  // namespace persona::net
