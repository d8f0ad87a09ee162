// The users of this machine, and which of them is at the other end of a Unix socket.
#pragma once

#include <cstdint>
#include <string>

#include "persona/base/result.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// uid_t, as far as configurations write it.
using UserId = std::uint32_t;

// Platform: net/users_posix.cpp, net/users_windows.cpp. The user database may be a network away: these block.

/// The id of a user by name; digits are an id, whoever has it. The message of a failure is a sentence for the
/// administrator.
Result<UserId> find_user(const std::string& name_or_id);

/// "postgres (uid 107)", or "uid 107" where nobody has it.
std::string user_in_words(UserId user);

/// Who connected a Unix socket, or made the other end of a pair: the effective user at that time (unix(7),
/// SO_PEERCRED).
Result<UserId> peer_user(const Socket& socket);

}  // namespace persona::net
