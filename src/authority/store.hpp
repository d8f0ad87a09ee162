// Files of an authority: replaced whole, private from their first byte on, one process at a time. Failures
// name the file and give the operating system's reason. Platform: store_posix.cpp, store_windows.cpp.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona::authority {

enum class Readers {
  owner,     ///< mode 0600, or 0700 for a folder; on Windows the owner, SYSTEM and administrators
  everyone,  ///< mode 0644 or 0755, less what the umask forbids; on Windows inherited from the folder
};

/// Does a file, folder or link of this name exist, whether or not it can be read?
bool is_there(const std::filesystem::path& path);

struct NewFile {
  std::filesystem::path path;
  std::string_view content;
  Readers readers = Readers::everyone;
};

/// Creates or replaces files. Each has its old or its new content, even after a crash. All are written before
/// the first is renamed into place, so that files that belong together change within a few renames. The
/// caller must hold the FolderLock, because the temporary files have fixed names.
Result<void> replace_files(std::span<const NewFile> files);

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, Readers readers);

/// Creates one folder. An existing one is left as it is.
Result<void> ensure_folder(const std::filesystem::path& path, Readers readers);

/// Renames a file or folder within one file system.
Result<void> move_path(const std::filesystem::path& from, const std::filesystem::path& to);

/// Held while an authority is changed. It is released when the process ends, even by a crash.
class FolderLock {
 public:
  /// Waits for another process to finish, but no longer than lock_patience.
  static Result<FolderLock> take(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  struct Handle;
  explicit FolderLock(std::unique_ptr<Handle> handle);

  std::unique_ptr<Handle> handle_;
};

// For the platforms' files:

inline constexpr std::chrono::seconds lock_patience(10);
inline constexpr std::chrono::milliseconds lock_interval(20);
tl::unexpected<Error> lock_is_taken(const std::filesystem::path& folder);

/// The name of a file until it is renamed into place.
std::filesystem::path fresh_name(const std::filesystem::path& path);

}  // namespace persona::authority
