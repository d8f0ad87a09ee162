// The file of a listening Unix socket: whoever may write to it may connect (unix(7)).
#pragma once

#include <optional>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/users.hpp"

namespace persona::net {

struct SocketFile {
  std::optional<unsigned> mode;    ///< permission bits, whatever the umask; absent: what the umask leaves
  std::optional<GroupId> group{};  ///< absent: as the system chooses it, the process's or the folder's
};

// Platform: net/unix_socket_posix.cpp, net/unix_socket_windows.cpp.

/// Whether a file could be made for a Unix socket, without making one; any other endpoint is fine.
/// ErrorKind::configuration: it never can be. ErrorKind::network: its folder is not there, which may be made
/// only when the service is started. Blocks on the file system.
Result<void> check_socket_folder(const Endpoint& endpoint);

}  // namespace persona::net
