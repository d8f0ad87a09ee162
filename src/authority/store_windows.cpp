// Windows only: another platform has its own store_*.cpp.
#include <windows.h>
// after windows.h
#include <memory>
#include <sddl.h>
#include <thread>
#include <utility>

#include "persona/base/wide_windows.hpp"
#include "store.hpp"

namespace persona::authority {

namespace {

tl::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path, DWORD error) {
  return fail(ErrorKind::network, "cannot {} {}: {}", what, path.string(), windows_error_words(error));
}

class File {
 public:
  explicit File(HANDLE handle) : handle_(handle) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const { return handle_; }
  bool close() { return !is_open() || CloseHandle(std::exchange(handle_, INVALID_HANDLE_VALUE)) != 0; }

 private:
  HANDLE handle_;
};

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};

/// Who may read what is created with it. For Readers::owner nothing is inherited.
class Security {
 public:
  /// On false, GetLastError() has the reason.
  bool prepare(Readers readers) {
    if (readers == Readers::everyone) {
      return true;
    }
    // Full control for the owner, SYSTEM and administrators, inherited by whatever is created in a folder.
    PSECURITY_DESCRIPTOR made = nullptr;
    if (ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1, &made, nullptr) == 0) {
      return false;
    }
    descriptor_.reset(made);
    attributes_.lpSecurityDescriptor = made;
    return true;
  }

  /// Null: inherited from the folder.
  SECURITY_ATTRIBUTES* get() { return descriptor_ ? &attributes_ : nullptr; }

 private:
  std::unique_ptr<void, FreeLocal> descriptor_;
  SECURITY_ATTRIBUTES attributes_{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
};

// Returns ERROR_SUCCESS or the reason.
DWORD write_all(HANDLE file, std::string_view content) {
  while (!content.empty()) {
    DWORD count = 0;
    if (WriteFile(file, content.data(), static_cast<DWORD>(content.size()), &count, nullptr) == 0) {
      return GetLastError();
    }
    content.remove_prefix(count);
  }
  return FlushFileBuffers(file) != 0 ? ERROR_SUCCESS : GetLastError();
}

// Returns ERROR_SUCCESS or the reason.
DWORD write_new(const std::filesystem::path& path, std::string_view content, Readers readers) {
  Security security;
  if (!security.prepare(readers)) {
    return GetLastError();
  }
  DeleteFileW(path.c_str());  // left by a crash: we hold the lock, so nobody is writing it
  File file(CreateFileW(path.c_str(), GENERIC_WRITE, 0, security.get(), CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                        nullptr));
  if (!file.is_open()) {
    return GetLastError();
  }
  const DWORD error = write_all(file.get(), content);
  const DWORD closed = file.close() ? ERROR_SUCCESS : GetLastError();
  return error != ERROR_SUCCESS ? error : closed;
}

bool replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  return MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
}

}  // namespace

Result<void> replace_files(std::span<const NewFile> files) {
  const auto give_up = [&](const NewFile& file, DWORD error) {
    for (const NewFile& one : files) {
      DeleteFileW(fresh_name(one.path).c_str());  // there may be none yet
    }
    return cannot("write", file.path, error);
  };
  for (const NewFile& file : files) {
    if (const DWORD error = write_new(fresh_name(file.path), file.content, file.readers);
        error != ERROR_SUCCESS) {
      return give_up(file, error);
    }
  }
  for (const NewFile& file : files) {
    if (!replace(fresh_name(file.path), file.path)) {
      return give_up(file, GetLastError());
    }
  }
  return {};
}

Result<void> ensure_folder(const std::filesystem::path& path, Readers readers) {
  Security security;
  if (!security.prepare(readers)) {
    return cannot("make the folder", path, GetLastError());
  }
  if (CreateDirectoryW(path.c_str(), security.get()) != 0) {
    return {};
  }
  const DWORD error = GetLastError();
  std::error_code ignored;
  if (error == ERROR_ALREADY_EXISTS && std::filesystem::is_directory(path, ignored)) {
    return {};
  }
  return cannot("make the folder", path, error);
}

Result<void> move_path(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!replace(from, to)) {
    return cannot("move", from, GetLastError());
  }
  return {};
}

struct FolderLock::Handle : File {
  using File::File;
};

FolderLock::FolderLock(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
FolderLock::FolderLock(FolderLock&& other) noexcept = default;
FolderLock::~FolderLock() = default;

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".lock";
  auto handle = std::make_unique<Handle>(CreateFileW(file.c_str(), GENERIC_READ | GENERIC_WRITE,
                                                     FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                                                     FILE_ATTRIBUTE_HIDDEN, nullptr));
  if (!handle->is_open()) {
    return cannot("open", file, GetLastError());
  }
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  OVERLAPPED whole{};
  while (LockFileEx(handle->get(), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD, MAXDWORD,
                    &whole) == 0) {
    const DWORD error = GetLastError();
    if (error != ERROR_LOCK_VIOLATION && error != ERROR_IO_PENDING) {
      return cannot("lock", file, error);
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return lock_is_taken(folder);
    }
    std::this_thread::sleep_for(lock_interval);
  }
  return FolderLock(std::move(handle));
}

}  // namespace persona::authority
