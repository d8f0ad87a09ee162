#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listening_socket.hpp"
#include "persona/net/error.hpp"
#include "unix_socket.hpp"

namespace persona::net {

namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

std::string folder_of(const Endpoint& endpoint) {
  return std::filesystem::path(endpoint.path).parent_path().string();
}

/// "there is no folder /run/postgresql; ...". A folder below /run is gone after each start of the machine.
std::string missing_folder(const std::string& folder) {
  for (const std::string_view run : {"/run/", "/var/run/"}) {
    if (!folder.starts_with(run)) {
      continue;
    }
    const std::string name = folder.substr(run.size());
    return fmt::format(
        "there is no folder {}; let systemd make it at each start, by RuntimeDirectory={} in persona's unit "
        "or \"d {} 0755 {} root\" in a file of /etc/tmpfiles.d",
        folder, name, folder, user_name(geteuid()));
  }
  return fmt::format("there is no folder {}; make it", folder);
}

tl::unexpected<Error> cannot_bind(const Endpoint& endpoint, int error, int& uv_code) {
  uv_code = uv_translate_sys_error(error);
  auto sentence = cannot_listen(endpoint, uv_code);
  std::string& message = sentence.value().message;
  const std::string folder = folder_of(endpoint);
  if (error == ENOENT) {
    message = fmt::format("cannot listen on {}: {}", endpoint.to_string(), missing_folder(folder));
  } else if (error == EACCES || error == EPERM) {
    message += fmt::format("; {} must be allowed to write in {}", user_in_words(geteuid()), folder);
  } else if (error == EROFS) {
    message += fmt::format(
        "; where systemd's ProtectSystem= is the reason, ReadWritePaths={} in persona's unit allows it",
        folder);
  }
  return sentence;
}

tl::unexpected<Error> cannot_give(const Endpoint& endpoint, GroupId group, int error, int& uv_code) {
  uv_code = uv_translate_sys_error(error);
  auto sentence = cannot_listen(endpoint, uv_code);
  std::string& message = sentence.value().message;
  message = fmt::format("cannot listen on {}: its file cannot be given to the group {}: {}",
                        endpoint.to_string(), group_in_words(group), error_words(uv_code));
  if (error == EPERM) {
    message += fmt::format(
        "; {} must be in that group: usermod --append --groups {} {}, or SupplementaryGroups={} in persona's "
        "unit",
        user_in_words(geteuid()), group_name(group), user_name(geteuid()), group_name(group));
  }
  return sentence;
}

Socket new_unix_socket() {
  return Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool is_own_socket(const struct stat& status) {
  return S_ISSOCK(status.st_mode) && status.st_uid == geteuid();
}

/// Removes a socket file that no program serves any more: connect(2) is refused.
Result<void> remove_stale(const Endpoint& endpoint, const sockaddr_un& address, int& uv_code) {
  struct stat status {};
  if (lstat(endpoint.path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorKind::configuration, "cannot listen on {}: the file exists and is not a socket",
                endpoint.to_string());
  }
  const Socket probe = new_unix_socket();
  if (!probe.valid()) {
    return cannot_bind(endpoint, errno, uv_code);
  }
  const int error =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  if (error == ECONNREFUSED) {
    if (unlink(endpoint.path.c_str()) != 0) {
      return cannot_bind(endpoint, errno, uv_code);
    }
    return {};
  }
  uv_code = UV_EADDRINUSE;
  if (error == EACCES) {
    return fail(ErrorKind::configuration,
                "cannot listen on {}: its file is there, of {}, and {} may not see whether a program still "
                "listens there; remove it if none does",
                endpoint.to_string(), user_in_words(status.st_uid), user_in_words(geteuid()));
  }
  return cannot_listen(endpoint, uv_code);
}

/// A descriptor by which a file can be changed, and not read. Whoever may write in the folder could put a
/// link or another file in the place of the one that was bound: the right one is then looked at and changed,
/// or none.
class BoundFile {
 public:
  explicit BoundFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
    if (descriptor_ >= 0 && (fstat(descriptor_, &status_) != 0 || !is_own_socket(status_))) {
      close(descriptor_);
      descriptor_ = -1;
      errno = EEXIST;
    }
  }
  ~BoundFile() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  BoundFile(const BoundFile&) = delete;
  BoundFile& operator=(const BoundFile&) = delete;

  bool is_ours() const { return descriptor_ >= 0; }

  /// A member of the group is enough; if the folder has given it already, nobody is asked.
  bool give_to(GroupId group) const {
    return status_.st_gid == group ||
           fchownat(descriptor_, "", static_cast<uid_t>(-1), group, AT_EMPTY_PATH) == 0;
  }

  // fchmod(2) takes no such descriptor, and fchmodat(2) not before Linux 6.6.
  bool set_mode(unsigned mode) const {
    return chmod(fmt::format("/proc/self/fd/{}", descriptor_).c_str(), mode) == 0;
  }

 private:
  int descriptor_;
  struct stat status_ {};
};

Result<void> set_access(const Endpoint& endpoint, const SocketFile& file, int& uv_code) {
  const BoundFile bound(endpoint.path);
  if (!bound.is_ours()) {
    return cannot_bind(endpoint, errno, uv_code);
  }
  if (file.group && !bound.give_to(*file.group)) {
    return cannot_give(endpoint, *file.group, errno, uv_code);
  }
  if (file.mode && !bound.set_mode(*file.mode)) {
    return cannot_bind(endpoint, errno, uv_code);
  }
  return {};
}

}  // namespace

Result<Socket> listen_unix(const Endpoint& endpoint, const SocketFile& file, int& uv_code) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof address.sun_path) {
    return cannot_bind(endpoint, ENAMETOOLONG, uv_code);
  }
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  if (auto removed = remove_stale(endpoint, address, uv_code); !removed) {
    return tl::unexpected(removed.error());
  }
  Socket socket = new_unix_socket();
  // Linux makes the file with the mode of the socket, less what the umask forbids (unix_bind_bsd() in
  // net/unix/af_unix.c), so the file admits nobody else before it has the mode that was asked for. Until
  // listen(2) whoever connects is refused besides, but one whose connect(2) had passed the file would not be.
  if (!socket.valid() || (file.mode && fchmod(socket.get(), owner_only) != 0) ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return cannot_bind(endpoint, errno, uv_code);
  }
  const std::uint64_t inode = inode_of(endpoint.path);
  if (auto set = file.mode || file.group ? set_access(endpoint, file, uv_code) : Result<void>(); !set) {
    remove_file_of_inode(endpoint.path, inode);
    return tl::unexpected(set.error());
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    auto failed = cannot_bind(endpoint, errno, uv_code);
    remove_file_of_inode(endpoint.path, inode);
    return failed;
  }
  return socket;
}

Result<void> renew_access(const Endpoint& endpoint, const SocketFile& file, int& uv_code) {
  SocketFile wanted = file;
  struct stat folder {};
  if (!wanted.group && stat(folder_of(endpoint).c_str(), &folder) == 0) {
    wanted.group = (folder.st_mode & S_ISGID) != 0 ? folder.st_gid : getegid();
  }
  if (!wanted.mode) {
    // It can only be read by setting it; a file that another thread makes meanwhile is the more private.
    const mode_t mask = umask(S_IRWXG | S_IRWXO);
    umask(mask);
    wanted.mode = (S_IRWXU | S_IRWXG | S_IRWXO) & ~mask;
  }
  return set_access(endpoint, wanted, uv_code);
}

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && is_own_socket(status) ? status.st_ino : 0;
}

void remove_file_of_inode(const std::string& path, std::uint64_t inode) {
  if (inode != 0 && inode_of(path) == inode) {
    static_cast<void>(unlink(path.c_str()));  // it may be gone already
  }
}

Result<void> check_socket_folder(const Endpoint& endpoint) {
  struct stat status {};
  const std::string folder = endpoint.is_unix() ? folder_of(endpoint) : "/";
  if (stat(folder.c_str(), &status) != 0 && errno == ENOENT) {
    return fail(ErrorKind::network, "{}", missing_folder(folder));
  }
  return {};  // what else may be wrong with it depends on who runs persona
}

}  // namespace persona::net
