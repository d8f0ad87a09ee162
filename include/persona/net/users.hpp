// The users and groups of this machine, and which user is at the other end of a Unix socket.
#pragma once

#include <cstdint>
#include <string>

#include "persona/base/result.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// A uid_t; declared here because Windows has none.
using UserId = std::uint32_t;

inline constexpr UserId root = 0;

/// The effective user of this process; on Windows always 0.
UserId own_user();

/// A gid_t.
using GroupId = std::uint32_t;

// Platform: net/users_posix.cpp, net/users_windows.cpp. These block: the user database may be on the network.

/// The id of a user by name. Digits are taken as an id, whether a user has it or not. The message of a
/// failure is a sentence for the administrator.
Result<UserId> find_user(const std::string& name_or_id);

/// The same for a group.
Result<GroupId> find_group(const std::string& name_or_id);

/// "postgres", or "107" if no user or group has the id: for a command.
std::string user_name(UserId user);
std::string group_name(GroupId group);

/// "postgres (uid 107)", or "uid 107" if no user has the id.
std::string user_in_words(UserId user);

/// "postgres (gid 107)", or "gid 107".
std::string group_in_words(GroupId group);

/// Who connected a Unix socket, or created the pair: the effective user at that time (unix(7), SO_PEERCRED).
Result<UserId> peer_user(const Socket& socket);

/// The process that did so, for the log alone: it may have ended since, and another one may have its number.
struct PeerProcess {
  int pid = 0;  ///< 0: the system does not tell
  /// Up to 15 bytes, which it may have chosen itself (proc(5), comm); may be empty.
  std::string program{};
};
PeerProcess peer_process(const Socket& socket);

}  // namespace persona::net
