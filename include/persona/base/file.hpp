// Opening files that others replace while we read them. Platform: base/file_posix.cpp, base/file_windows.cpp.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

namespace persona {

struct CloseFile {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }  // only ever read from
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

/// Opens for reading, binary. Null, with errno set, when that fails. On Windows others can still rename,
/// replace or delete the file meanwhile, which the C library's own fopen would prevent.
FilePtr open_for_reading(const std::filesystem::path& path);

}  // namespace persona
