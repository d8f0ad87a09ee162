#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

#include "persona/base/text.hpp"
#include "persona/net/deputy.hpp"
#include "persona/net/error.hpp"
#include "persona/net/users.hpp"

namespace persona::net {

namespace {

constexpr std::size_t first_buffer = 1024;
constexpr std::size_t largest_buffer = std::size_t{1} << 20;

/// Calls getpwnam_r, getpwuid_r, getgrnam_r or getgrgid_r with as much memory as it needs. 0 without a call
/// of `read`: there is no such user or group.
template <class Entry, class Ask, class Read>
int ask_database(Ask ask, Read read) {
  for (std::size_t size = first_buffer;; size *= 4) {
    std::vector<char> buffer(size);
    Entry entry{};
    Entry* found = nullptr;
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

/// `ask`: getpwnam_r or getgrnam_r.
template <class Entry, class Ask, class Read>
Result<std::uint32_t> find_id(const std::string& name_or_id, std::string_view what, std::string_view database,
                              Ask ask, Read id_of) {
  std::uint32_t id = 0;
  const char* end = name_or_id.data() + name_or_id.size();
  if (const auto [stop, failed] = std::from_chars(name_or_id.data(), end, id);
      failed == std::errc() && stop == end) {
    return id;
  }
  std::optional<std::uint32_t> found;
  const int error = ask_database<Entry>(
      [&](Entry* entry, char* buffer, std::size_t size, Entry** result) {
        return ask(name_or_id.c_str(), entry, buffer, size, result);
      },
      [&](const Entry& entry) { found = id_of(entry); });
  if (found) {
    return *found;
  }
  if (means_none(error)) {
    return fail(ErrorKind::configuration,
                "there is no {} {} on this machine; use a name that \"getent {}\" lists, or a number", what,
                in_quotes(name_or_id), database);
  }
  return fail(ErrorKind::configuration, "cannot look up {} {}: {}", what, in_quotes(name_or_id),
              error_words(uv_translate_sys_error(error)));
}

/// `ask`: getpwuid_r or getgrgid_r. Empty: none has the id, or it cannot be looked up.
template <class Entry, class Ask, class Read>
std::string find_name(std::uint32_t id, Ask ask, Read name_of) {
  std::string name;
  static_cast<void>(ask_database<Entry>([&](Entry* entry, char* buffer, std::size_t size,
                                            Entry** result) { return ask(id, entry, buffer, size, result); },
                                        [&](const Entry& entry) { name = printable(name_of(entry)); }));
  return name;
}

std::string name_of_user(UserId user) {
  if (const Deputy* service = deputy()) {
    return service->name_of_user(user);
  }
  return find_name<passwd>(user, getpwuid_r, [](const passwd& entry) { return entry.pw_name; });
}

std::string name_of_group(GroupId group) {
  if (const Deputy* service = deputy()) {
    return service->name_of_group(group);
  }
  return find_name<struct group>(group, getgrgid_r, [](const auto& entry) { return entry.gr_name; });
}

std::string in_words(const std::string& name, std::string_view what, std::uint32_t id) {
  return name.empty() ? fmt::format("{} {}", what, id) : fmt::format("{} ({} {})", name, what, id);
}

}  // namespace

Result<UserId> find_user(const std::string& name_or_id) {
  if (const Deputy* service = deputy()) {
    return service->find_user(name_or_id);
  }
  return find_id<passwd>(name_or_id, "user", "passwd", getpwnam_r,
                         [](const passwd& entry) { return entry.pw_uid; });
}

Result<GroupId> find_group(const std::string& name_or_id) {
  if (const Deputy* service = deputy()) {
    return service->find_group(name_or_id);
  }
  return find_id<struct group>(name_or_id, "group", "group", getgrnam_r,
                               [](const auto& entry) { return entry.gr_gid; });
}

std::string user_name(UserId user) {
  const std::string name = name_of_user(user);
  return name.empty() ? std::to_string(user) : name;
}

std::string group_name(GroupId group) {
  const std::string name = name_of_group(group);
  return name.empty() ? std::to_string(group) : name;
}

std::string user_in_words(UserId user) {
  return in_words(name_of_user(user), "uid", user);
}

std::string group_in_words(GroupId group) {
  return in_words(name_of_group(group), "gid", group);
}

UserId own_user() {
  return geteuid();
}

PeerProcess peer_process(const Socket& socket) {
  PeerProcess process;
#ifdef SO_PEERCRED
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 &&
      length == sizeof credentials) {
    process.pid = credentials.pid;
    std::ifstream comm(fmt::format("/proc/{}/comm", process.pid));
    std::getline(comm, process.program);
  }
#endif
  return process;
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
