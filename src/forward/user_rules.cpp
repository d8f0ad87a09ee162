#include "persona/forward/user_rules.hpp"

#include <algorithm>
#include <utility>

#include "persona/base/text.hpp"

namespace persona::forward {

Result<UserRules> UserRules::create(const config::Access& access) {
  UserRules rules;
  if (!access.allow_users) {
    return rules;
  }
  rules.users_.emplace();
  for (const auto& user : *access.allow_users) {
    const auto id = net::find_user(user.value);
    if (!id) {
      return tl::unexpected(id.error());
    }
    rules.users_->ids.push_back(*id);
    rules.users_->as_written += (rules.users_->as_written.empty() ? "" : ", ") + printable(user.value);
  }
  return rules;
}

std::optional<std::string> UserRules::refusal(const net::Socket& socket) const {
  if (!users_) {
    return std::nullopt;
  }
  const auto user = net::peer_user(socket);
  if (!user) {
    return fmt::format("{}, and access.allow_users asks for it", user.error().message);
  }
  if (std::find(users_->ids.begin(), users_->ids.end(), *user) != users_->ids.end()) {
    return std::nullopt;
  }
  return fmt::format("user {} is not in access.allow_users ({})", net::user_in_words(*user),
                     users_->as_written);
}

}  // namespace persona::forward
