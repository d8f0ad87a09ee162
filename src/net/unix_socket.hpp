// Unix sockets to listen on. Platform: unix_socket_posix.cpp, unix_socket_windows.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/socket_file.hpp"

namespace persona::net {

/// Replaces a file that no program serves any more, and listens only when the new one is what `file` says:
/// until then connect(2) is refused. After a failure no file is left. `uv_code`: why the system refused, if
/// it did.
Result<Socket> listen_unix(const Endpoint& endpoint, const SocketFile& file, int& uv_code);

/// Makes the file of a socket that listens already what `file` says, and what the umask and the process's
/// group say of the rest.
Result<void> renew_access(const Endpoint& endpoint, const SocketFile& file, int& uv_code);

/// 0: it is no socket of ours.
std::uint64_t inode_of(const std::string& path);

/// Removes a file if it is still the one with this inode: another program may have put its own there.
void remove_file_of_inode(const std::string& path, std::uint64_t inode);

}  // namespace persona::net
