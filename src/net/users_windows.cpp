#include "persona/base/text.hpp"
#include "persona/net/users.hpp"

namespace persona::net {

// For a loopback connection Windows reports which process made it, but not for which user.
Result<UserId> find_user(const std::string& name_or_id) {
  return fail(ErrorKind::configuration,
              "users are known only on Unix sockets, which Windows does not have: remove {}",
              in_quotes(name_or_id));
}

Result<GroupId> find_group(const std::string& name_or_id) {
  return fail(ErrorKind::configuration,
              "groups are those of Unix sockets, which Windows does not have: remove {}",
              in_quotes(name_or_id));
}

std::string user_name(UserId user) {
  return std::to_string(user);
}

std::string group_name(GroupId group) {
  return std::to_string(group);
}

std::string group_in_words(GroupId group) {
  return fmt::format("group {}", group);
}

std::string user_in_words(UserId user) {
  return fmt::format("user {}", user);
}

UserId own_user() {
  return root;
}

PeerProcess peer_process(const Socket&) {
  return {};
}

Result<UserId> peer_user(const Socket&) {
  return fail(ErrorKind::network, "Windows does not report which user is at the other end of a socket");
}

}  // namespace persona::net
