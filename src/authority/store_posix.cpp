// POSIX only: another platform has its own store_*.cpp.
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "store.hpp"

namespace persona::authority {

namespace {

tl::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path, int error) {
  return fail(ErrorKind::network, "cannot {} {}: {}", what, path.string(),
              std::generic_category().message(error));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }
  int close() { return value_ < 0 ? 0 : ::close(std::exchange(value_, -1)); }

 private:
  int value_;
};

int open_new(const std::filesystem::path& path, mode_t mode) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int descriptor = ::open(path.c_str(), flags, mode);
  if (descriptor >= 0 || errno != EEXIST) {
    return descriptor;
  }
  ::unlink(path.c_str());  // left by a crash: we hold the lock, so nobody is writing it
  return ::open(path.c_str(), flags, mode);
}

// Returns 0 or errno.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    content.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

// Returns 0 or errno.
int write_new(const std::filesystem::path& path, std::string_view content, Readers readers) {
  Descriptor descriptor(open_new(path, readers == Readers::owner ? 0600 : 0644));
  if (descriptor.value() < 0) {
    return errno;
  }
  const int error = write_all(descriptor.value(), content);
  const int closed = descriptor.close() == 0 ? 0 : errno;
  return error != 0 ? error : closed;
}

// A rename survives a crash only once the folder is synced.
Result<void> sync_folder(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.empty() ? "." : path;
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.value() < 0) {
    return cannot("open", folder, errno);
  }
  if (::fsync(descriptor.value()) != 0 && errno != EINVAL) {  // EINVAL: this file system cannot sync folders
    return cannot("sync", folder, errno);
  }
  return {};
}

}  // namespace

Result<void> replace_files(std::span<const NewFile> files) {
  const auto give_up = [&](const NewFile& file, int error) {
    for (const NewFile& one : files) {
      ::unlink(fresh_name(one.path).c_str());  // there may be none yet
    }
    return cannot("write", file.path, error);
  };
  for (const NewFile& file : files) {
    if (const int error = write_new(fresh_name(file.path), file.content, file.readers); error != 0) {
      return give_up(file, error);
    }
  }
  for (const NewFile& file : files) {
    if (::rename(fresh_name(file.path).c_str(), file.path.c_str()) != 0) {
      return give_up(file, errno);
    }
  }
  for (const NewFile& file : files) {
    if (auto synced = sync_folder(file.path.parent_path()); !synced) {
      return synced;
    }
  }
  return {};
}

Result<void> ensure_folder(const std::filesystem::path& path, Readers readers) {
  if (::mkdir(path.c_str(), readers == Readers::owner ? 0700 : 0755) != 0) {
    const int error = errno;
    std::error_code ignored;
    if (error == EEXIST && std::filesystem::is_directory(path, ignored)) {
      return {};
    }
    return cannot("make the folder", path, error);
  }
  return sync_folder(path.parent_path());
}

Result<void> move_path(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return cannot("move", from, errno);
  }
  if (auto synced = sync_folder(from.parent_path()); !synced) {
    return synced;
  }
  return sync_folder(to.parent_path());
}

struct FolderLock::Handle : Descriptor {
  using Descriptor::Descriptor;
};

FolderLock::FolderLock(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
FolderLock::FolderLock(FolderLock&& other) noexcept = default;
FolderLock::~FolderLock() = default;

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  // The file stays when the lock is released: were it deleted, two processes could each lock one of that
  // name.
  const std::filesystem::path file = folder / ".lock";
  auto handle =
      std::make_unique<Handle>(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (handle->value() < 0) {
    return cannot("open", file, errno);
  }
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(handle->value(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return cannot("lock", file, errno);
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return lock_is_taken(folder);
    }
    std::this_thread::sleep_for(lock_interval);
  }
  return FolderLock(std::move(handle));
}

}  // namespace persona::authority
