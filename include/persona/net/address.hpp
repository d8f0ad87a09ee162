// A socket address: of a listener's client, or of the target that a stream connects to.
#pragma once

#include <optional>
#include <string>

#include <uv.h>

#include "persona/base/address.hpp"

namespace persona::net {

class SocketAddress {
 public:
  SocketAddress() = default;  ///< the unnamed peer of a Unix socket
  explicit SocketAddress(const sockaddr* address);

  /// The peer of a Unix socket whose user is known.
  static SocketAddress of_user(std::uint32_t user);

  /// Nothing if `host` is a name and not a numeric address.
  static std::optional<SocketAddress> from_numeric(const std::string& host, std::uint16_t port);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  bool is_ip() const;
  std::optional<IpAddress> ip() const;
  std::uint16_t port() const;
  void set_port(std::uint16_t port);  ///< no effect unless it is an IP address

  std::string to_string() const;  ///< "127.0.0.1:5432", "[::1]:5432", "unix:uid=107", "unix"

 private:
  sockaddr_storage storage_{};
  std::optional<std::uint32_t> user_;
};

}  // namespace persona::net
