// Which users of this machine may connect to a Unix socket: `access.allow_users`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/users.hpp"

namespace persona::forward {

/// Immutable.
class UserRules {
 public:
  UserRules() = default;  ///< no rules: the socket's file permissions decide

  /// Looks up the ids of the names once: if a user's id changes later, a reload is needed. Blocks.
  static Result<UserRules> create(const config::Access& access);

  /// Why the user at the other end of a connected Unix socket is refused, as a sentence without a full stop;
  /// nothing if the user is allowed.
  std::optional<std::string> refusal(const net::Socket& socket) const;

 private:
  struct Users {
    std::vector<net::UserId> ids;
    std::string as_written;
  };
  std::optional<Users> users_;
};

}  // namespace persona::forward
