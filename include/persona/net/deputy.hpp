// Who asks the system in place of this process, which may not: for the names of hosts, users and groups, and
// for ports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/net/address.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// Any thread; all of it blocks.
class Deputy {
 public:
  virtual ~Deputy() = default;
  Deputy(const Deputy&) = delete;
  Deputy& operator=(const Deputy&) = delete;

  /// As resolve_host(): 0 or a libuv error code.
  virtual int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses) const = 0;

  /// As find_user() and find_group().
  virtual Result<std::uint32_t> find_user(const std::string& name_or_id) const = 0;
  virtual Result<std::uint32_t> find_group(const std::string& name_or_id) const = 0;

  /// Empty: none has the id, or it cannot be looked up.
  virtual std::string name_of_user(std::uint32_t user) const = 0;
  virtual std::string name_of_group(std::uint32_t group) const = 0;

  /// Binds `socket` for us; 0 or an errno.
  virtual int bind_tcp(const Socket& socket, const SocketAddress& address) const = 0;

 protected:
  Deputy() = default;
};

/// From now on `deputy` is asked, which must outlive that; null: the system. A port is asked for when the
/// system has refused it to us. Before there are other threads. On Windows it has no effect.
void act_through(const Deputy* deputy);

/// Null: the system itself is asked.
const Deputy* deputy();

/// What an answering process needs, whoever is asked in this one. Platform: net/resolve_host_posix.cpp,
/// net/resolve_host_windows.cpp. Appends the TCP addresses of an ASCII name in the resolver's order, with
/// port 0; there may be none. Returns 0 or the libuv error code. Blocks; any thread.
int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses);

}  // namespace persona::net
