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
  UserRules() = default;  ///< no rules: whom the file permissions of the socket let

  /// Asks for the ids of the names, now: a user who gets another id later needs a reload. Blocks.
  static Result<UserRules> create(const config::Access& access);

  /// Why who is at the other end of a connected Unix socket may not come in, as a sentence without full stop;
  /// nothing when it may.
  std::optional<std::string> refusal(const net::Socket& socket) const;

 private:
  struct Users {
    std::vector<net::UserId> ids;
    std::string as_written;
  };
  std::optional<Users> users_;
};

}  // namespace persona::forward
