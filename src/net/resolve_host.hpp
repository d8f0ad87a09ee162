// The system's resolver. Platform: net/resolve_host_posix.cpp, net/resolve_host_windows.cpp.
#pragma once

#include <string>
#include <vector>

#include "persona/net/address.hpp"

namespace persona::net {

/// Blocks; any thread. Appends the TCP addresses of an ASCII name in the resolver's order, with port 0:
/// perhaps none. 0 or the error code that libuv has for why it failed.
int resolve_host(const std::string& host, std::vector<SocketAddress>& addresses);

}  // namespace persona::net
