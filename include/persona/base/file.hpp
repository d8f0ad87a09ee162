// Opening files that others replace while we read them. Platform: base/file_posix.cpp, base/file_windows.cpp.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

namespace persona {

struct CloseFile {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }  // only ever read from
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

/// Opens for reading, binary. Null, with errno set, when that fails. On Windows others can still rename,
/// replace or delete the file meanwhile, which the C library's own fopen would prevent.
FilePtr open_for_reading(const std::filesystem::path& path);

/// Opens a file for reading in place of this process, which may not: its descriptor, or -1 with errno set.
/// Any thread.
using Opener = std::function<int(const std::filesystem::path& path)>;

/// From now on open_for_reading() asks `opener`; an empty one: it opens files itself. Before there are other
/// threads. On Windows it has no effect.
void open_by(Opener opener);

}  // namespace persona
