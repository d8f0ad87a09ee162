#include <cerrno>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "append_file.hpp"

namespace persona::log {

namespace {

tl::unexpected<Error> failed() {
  return fail(ErrorKind::configuration, "{}", std::generic_category().message(errno));
}

int descriptor(std::intptr_t handle) {
  return static_cast<int>(handle);
}

}  // namespace

Result<AppendFile> AppendFile::open(const std::filesystem::path& path, const AppendFile* like) {
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  struct stat old {};
  if (like != nullptr && fstat(descriptor(like->handle_), &old) == 0) {
    // Ours alone until its group is the right one, and if it cannot be.
    const int made = ::open(path.c_str(), flags | O_EXCL, old.st_mode & 0700);
    if (made >= 0) {
      static_cast<void>(fchown(made, static_cast<uid_t>(-1), old.st_gid) == 0 &&
                        fchmod(made, old.st_mode & 0777) == 0);
      return AppendFile(made);
    }
  }
  const int opened = ::open(path.c_str(), flags, 0666);
  if (opened < 0) {
    return failed();
  }
  return AppendFile(opened);
}

void AppendFile::close() {
  if (handle_ != kNone) {
    ::close(descriptor(handle_));
  }
}

Result<void> AppendFile::write(std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(descriptor(handle_), bytes.data() + written, bytes.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
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
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return failed();
  }
  return {};
}

}  // namespace persona::log
