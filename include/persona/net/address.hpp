// A socket address: what a listener accepts from and a stream connects to.
#pragma once

#include <optional>
#include <string>

#include <uv.h>

#include "persona/base/address.hpp"

namespace persona::net {

class SocketAddress {
 public:
  SocketAddress() = default;  ///< a Unix socket's unnamed peer
  explicit SocketAddress(const sockaddr* address);

  /// From a numeric host; nothing for a name.
  static std::optional<SocketAddress> from_numeric(const std::string& host, std::uint16_t port);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  bool is_ip() const;
  std::optional<IpAddress> ip() const;
  std::uint16_t port() const;
  void set_port(std::uint16_t port);  ///< of an IP address

  std::string to_string() const;  ///< "127.0.0.1:5432", "[::1]:5432", "unix"

 private:
  sockaddr_storage storage_{};
};

}  // namespace persona::net
