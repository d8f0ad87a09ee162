#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "append_file.hpp"
#include "persona/base/log_files.hpp"

namespace persona::log {

namespace {

FileKeeper& keeper() {
  static FileKeeper asked;
  return asked;
}

tl::unexpected<Error> failed() {
  return fail(ErrorKind::configuration, "{}", std::generic_category().message(errno));
}

int descriptor(std::intptr_t handle) {
  return static_cast<int>(handle);
}

bool is_pipe(const std::filesystem::path& path) {
  struct stat now {};
  return stat(path.c_str(), &now) == 0 && S_ISFIFO(now.st_mode);
}

/// -1: failed. A pipe is opened for reading as well where that is allowed: then it need not have a reader
/// yet, and what a reader leaves in it is kept for the next one. O_NONBLOCK is for opening only.
int open_without_waiting(const std::filesystem::path& path, int flags, mode_t mode) {
  const int how = flags | O_NONBLOCK;
  int opened = is_pipe(path) ? ::open(path.c_str(), how | O_RDWR, mode) : -1;
  if (opened < 0) {
    opened = ::open(path.c_str(), how | O_WRONLY, mode);
  }
  if (opened >= 0) {
    const int status = fcntl(opened, F_GETFL);  // neither fails for an open descriptor
    static_cast<void>(fcntl(opened, F_SETFL, status & ~O_NONBLOCK));
  }
  return opened;
}

}  // namespace

const std::string_view AppendFile::line_end = "\n";

void keep_files_by(FileKeeper its) {
  keeper() = std::move(its);
}

int open_log(const std::filesystem::path& file, int like) {
  constexpr int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  struct stat old {};
  if (like >= 0 && fstat(like, &old) == 0) {
    // Ours alone until its group is right, and for good if it cannot be set.
    const int made = ::open(file.c_str(), flags | O_WRONLY | O_EXCL, old.st_mode & 0700);
    if (made >= 0) {
      static_cast<void>(fchown(made, static_cast<uid_t>(-1), old.st_gid) == 0 &&
                        fchmod(made, old.st_mode & 0777) == 0);
      return made;
    }
  }
  return open_without_waiting(file, flags, 0666);
}

Result<AppendFile> AppendFile::open(const std::filesystem::path& path, const AppendFile* like) {
  const int model = like != nullptr ? descriptor(like->handle_) : -1;
  const int opened = keeper().open ? keeper().open(path, model) : open_log(path, model);
  if (opened < 0 && errno == ENXIO && is_pipe(path)) {
    return fail(ErrorKind::configuration,
                "it is a pipe that nobody reads: start its reader first, or let persona read it as well");
  }
  if (opened < 0) {
    return failed();
  }
  return AppendFile(opened);
}

Result<AppendFile> AppendFile::standard_error() {
  const int duplicate = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (duplicate < 0) {
    return failed();
  }
  return AppendFile(duplicate);
}

void AppendFile::close() {
  if (handle_ != no_handle) {
    ::close(descriptor(handle_));
  }
}

Result<void> AppendFile::write(std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(descriptor(handle_), bytes.data() + written, bytes.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count == 0) {
      return fail(ErrorKind::configuration, "nothing could be written");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Another process that shares standard error has made it non-blocking.
      pollfd ready{descriptor(handle_), POLLOUT, 0};
      static_cast<void>(poll(&ready, 1, -1));  // interrupted, or an error: the next write shows which
    } else if (errno != EINTR) {
      return failed();
    }
  }
  return {};
}

std::uint64_t AppendFile::size() const {
  struct stat now {};
  return fstat(descriptor(handle_), &now) == 0 ? static_cast<std::uint64_t>(now.st_size) : 0;
}

bool AppendFile::is_regular() const {
  struct stat now {};
  return fstat(descriptor(handle_), &now) == 0 && S_ISREG(now.st_mode);
}

bool AppendFile::is_same(const AppendFile& other) const {
  struct stat ours {};
  struct stat theirs {};
  return fstat(descriptor(handle_), &ours) == 0 && fstat(descriptor(other.handle_), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (keeper().rename) {
    errno = keeper().rename(from, to);
    return errno == 0 ? Result<void>() : Result<void>(failed());
  }
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return failed();
  }
  return {};
}

}  // namespace persona::log
