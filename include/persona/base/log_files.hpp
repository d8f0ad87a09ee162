// Who opens and renames log files, in a process that may not. Platform: base/append_file_posix.cpp,
// base/append_file_windows.cpp.
#pragma once

#include <filesystem>
#include <functional>

namespace persona::log {

/// Any thread; both may block.
struct FileKeeper {
  /// Opens to append, or makes, a log file; one that is made may be read by whoever may read the open file
  /// `like` (a descriptor; -1: the system decides). The descriptor, or -1 with errno set.
  std::function<int(const std::filesystem::path& file, int like)> open;
  /// Renames, replacing a file that has the new name. 0 or an errno.
  std::function<int(const std::filesystem::path& from, const std::filesystem::path& to)> rename;
};

/// From now on log files are opened and renamed by `keeper`; one without functions: by this process. Before
/// there are other threads. On Windows it has no effect.
void keep_files_by(FileKeeper keeper);

/// What a keeper's `open` does, in the process that may. On Windows it fails.
int open_log(const std::filesystem::path& file, int like);

/// Where a full log file is moved: 1 is the newest. It is what a keeper may be asked to rename to.
std::filesystem::path numbered(const std::filesystem::path& file, unsigned number);

/// With symbolic links resolved: a log file is renamed in its own folder, and not a link to it.
std::filesystem::path resolved(const std::filesystem::path& file);

}  // namespace persona::log
