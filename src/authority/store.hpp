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
  owner,     ///< mode 0600, of a folder 0700; on Windows its owner, SYSTEM and the administrators
  everyone,  ///< mode 0644 or 0755, less what the umask forbids; on Windows what the folder hands down
};

/// A file, a folder or a link of this name exists, whether it can be read or not.
bool is_there(const std::filesystem::path& path);

struct NewFile {
  std::filesystem::path path;
  std::string_view content;
  Readers readers = Readers::everyone;
};

/// Creates or replaces files: what is there in the end, after a crash too, is the old content of each or the
/// new one. All are written before the first takes its place, so that files that belong together change
/// within as many renames. Callers hold the FolderLock, because the files that are written first have fixed
/// names.
Result<void> replace_files(std::span<const NewFile> files);

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, Readers readers);

/// Creates one folder; one that is there is left as it is.
Result<void> ensure_folder(const std::filesystem::path& path, Readers readers);

/// Gives a file or folder another name on the same file system.
Result<void> move_path(const std::filesystem::path& from, const std::filesystem::path& to);

/// Held while an authority is changed. It ends with the process, however that ends.
class FolderLock {
 public:
  /// Waits for another process to finish, but not forever.
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

// Of the platforms' files:

inline constexpr std::chrono::seconds lock_patience(10);
inline constexpr std::chrono::milliseconds lock_interval(20);
tl::unexpected<Error> lock_is_taken(const std::filesystem::path& folder);

/// What a file is called until it takes its place.
std::filesystem::path fresh_name(const std::filesystem::path& path);

}  // namespace persona::authority
