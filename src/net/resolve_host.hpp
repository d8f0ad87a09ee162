// The system's resolver. Platform: net/resolve_host_posix.cpp, net/resolve_host_windows.cpp.
#pragma once

#include <string>
#include <vector>

#include "persona/net/address.hpp"

namespace persona::net {

/// Blocks; any thread. Appends the TCP addresses of an ASCII name in the resolver's order, with port 0; there
/// may be none. Returns 0 or the libuv error code.
int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses);

}  // namespace persona::net
