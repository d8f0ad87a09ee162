#include "listening_socket.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "persona/base/path_text.hpp"
#include "persona/base/sockets.hpp"
#include "persona/net/deputy.hpp"
#include "persona/net/error.hpp"
#include "unix_socket.hpp"

namespace persona::net {

tl::unexpected<Error> cannot_listen(const Endpoint& endpoint, int uv_code) {
  const std::string_view hint = uv_code == UV_EADDRINUSE      ? "; another program listens there"
                                : uv_code == UV_EADDRNOTAVAIL ? "; this machine does not have this address"
                                                              : "";
  return fail(ErrorKind::configuration, "cannot listen on {}: {}{}", endpoint.to_string(),
              error_words(uv_code), hint);
}

Result<std::vector<Endpoint>> addresses_to_bind(const Endpoint& endpoint) {
  if (endpoint.is_unix() || IpAddress::parse(endpoint.host)) {
    return std::vector{endpoint};
  }
  std::vector<SocketAddress> found;
  if (const int code = resolve_host(endpoint.host, found); code != 0) {
    return cannot_listen(endpoint, code);
  }
  std::vector<Endpoint> addresses;
  for (const SocketAddress& each : found) {
    const IpAddress ip = each.ip().value_or(IpAddress());
    // RFC 6761 section 6.3. The configuration was let through because of the name.
    if (endpoint.is_local() && !ip.is_loopback()) {
      return fail(
          ErrorKind::configuration,
          "cannot listen on {}: {} is {} on this machine, which others can reach; mend the hosts file, "
          "or write 127.0.0.1",
          endpoint.to_string(), endpoint.host, ip.to_string());
    }
    Endpoint address = endpoint;
    address.host = ip.to_string();
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  if (addresses.empty()) {
    return cannot_listen(endpoint, UV_EAI_NODATA);
  }
  return addresses;
}

void ListeningSocket::remove_file() const {
  if (local_.is_unix()) {
    remove_file_of_inode(local_.path, inode_);
  }
}

Result<void> ListeningSocket::move_file(const Endpoint& to) {
  std::error_code failed;
  std::filesystem::rename(path_from_text(local_.path), path_from_text(to.path), failed);
  if (failed) {
    return fail(ErrorKind::configuration, "cannot listen on {}: {}", to.to_string(), failed.message());
  }
  local_ = to;
  return {};
}

Endpoint bound_endpoint(const Socket& socket, const Endpoint& asked) {
  Endpoint local = asked;
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0) {
    const SocketAddress address(reinterpret_cast<const sockaddr*>(&bound));
    local.host = address.ip() ? address.ip()->to_string() : asked.host;
    local.port = address.port();
  }
  return local;
}

}  // namespace persona::net
