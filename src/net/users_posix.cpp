#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

#include "persona/base/text.hpp"
#include "persona/net/error.hpp"
#include "persona/net/users.hpp"

namespace persona::net {

namespace {

constexpr std::size_t first_buffer = 1024;
constexpr std::size_t largest_buffer = std::size_t{1} << 20;

/// Calls getpwnam_r or getpwuid_r with as much memory as it needs. 0 without a call of `read`: there is no
/// such user.
template <class Ask, class Read>
int ask_database(Ask ask, Read read) {
  for (std::size_t size = first_buffer;; size *= 4) {
    std::vector<char> buffer(size);
    passwd entry{};
    passwd* found = nullptr;
    const int error = ask(&entry, buffer.data(), buffer.size(), &found);
    if ((error == ERANGE || error == EINTR) && size < largest_buffer) {
      continue;
    }
    if (error == 0 && found != nullptr) {
      read(*found);
    }
    return error;
  }
}

// Errors that mean "no such user" on some systems (getpwnam(3)).
bool means_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

}  // namespace

Result<UserId> find_user(const std::string& name_or_id) {
  UserId id = 0;
  const char* end = name_or_id.data() + name_or_id.size();
  if (const auto [stop, failed] = std::from_chars(name_or_id.data(), end, id);
      failed == std::errc() && stop == end) {
    return id;
  }
  std::optional<UserId> found;
  const int error = ask_database(
      [&](passwd* entry, char* buffer, std::size_t size, passwd** result) {
        return getpwnam_r(name_or_id.c_str(), entry, buffer, size, result);
      },
      [&](const passwd& entry) { found = entry.pw_uid; });
  if (found) {
    return *found;
  }
  if (means_none(error)) {
    return fail(ErrorKind::configuration,
                "there is no user {} on this machine; use a name that \"getent passwd\" lists, or a number",
                in_quotes(name_or_id));
  }
  return fail(ErrorKind::configuration, "cannot look up user {}: {}", in_quotes(name_or_id),
              error_words(uv_translate_sys_error(error)));
}

std::string user_in_words(UserId user) {
  std::string name;
  // A user who cannot be looked up is shown by number.
  static_cast<void>(
      ask_database([&](passwd* entry, char* buffer, std::size_t size,
                       passwd** result) { return getpwuid_r(user, entry, buffer, size, result); },
                   [&](const passwd& entry) { name = entry.pw_name; }));
  return name.empty() ? fmt::format("uid {}", user) : fmt::format("{} (uid {})", printable(name), user);
}

Result<UserId> peer_user(const Socket& socket) {
#ifdef SO_PEERCRED
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 &&
      length == sizeof credentials && credentials.uid != static_cast<uid_t>(-1)) {
    return credentials.uid;
  }
#else
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  if (getpeereid(socket.get(), &user, &group) == 0 && user != static_cast<uid_t>(-1)) {
    return user;
  }
#endif
  return fail(ErrorKind::network, "the system does not report which user is at the other end of the socket");
}

}  // namespace persona::net
