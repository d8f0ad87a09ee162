#include <algorithm>
#include <cstring>
#include <windows.h>

#include "append_file.hpp"
#include "persona/base/log_files.hpp"
#include "persona/base/wide_windows.hpp"

namespace persona::log {

namespace {

constexpr std::size_t largest_write = 1 << 30;

tl::unexpected<Error> failed() {
  return fail(ErrorKind::configuration, "{}", windows_error_words(GetLastError()));
}

HANDLE handle_of(std::intptr_t handle) {
  return reinterpret_cast<HANDLE>(handle);
}

}  // namespace

const std::string_view AppendFile::line_end = "\r\n";

void keep_files_by(FileKeeper /*its*/) {}

int open_log(const std::filesystem::path& /*file*/, int /*like*/) {
  return -1;
}

// Who may read it is inherited from its folder.
Result<AppendFile> AppendFile::open(const std::filesystem::path& path, const AppendFile* /*like*/) {
  // Others may read, rename and delete it. Renaming it ourselves needs that too: our own handle counts.
  const HANDLE opened = CreateFileW(path.c_str(), FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (opened == INVALID_HANDLE_VALUE) {
    return failed();
  }
  return AppendFile(reinterpret_cast<std::intptr_t>(opened));
}

Result<AppendFile> AppendFile::standard_error() {
  const HANDLE standard = GetStdHandle(STD_ERROR_HANDLE);
  HANDLE duplicate = nullptr;
  if (standard == nullptr || standard == INVALID_HANDLE_VALUE) {  // a process without a console has none
    duplicate = CreateFileW(L"NUL", FILE_GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                            OPEN_EXISTING, 0, nullptr);
  } else if (DuplicateHandle(GetCurrentProcess(), standard, GetCurrentProcess(), &duplicate, 0, FALSE,
                             DUPLICATE_SAME_ACCESS) == 0) {
    duplicate = INVALID_HANDLE_VALUE;
  }
  if (duplicate == INVALID_HANDLE_VALUE) {
    return failed();
  }
  return AppendFile(reinterpret_cast<std::intptr_t>(duplicate));
}

void AppendFile::close() {
  if (handle_ != no_handle) {
    CloseHandle(handle_of(handle_));
  }
}

Result<void> AppendFile::write(std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    DWORD count = 0;
    const auto size = static_cast<DWORD>(std::min(bytes.size() - written, largest_write));
    if (WriteFile(handle_of(handle_), bytes.data() + written, size, &count, nullptr) == 0) {
      return failed();
    }
    if (count == 0) {
      return fail(ErrorKind::configuration, "nothing could be written");
    }
    written += count;
  }
  return {};
}

std::uint64_t AppendFile::size() const {
  LARGE_INTEGER size{};
  return GetFileSizeEx(handle_of(handle_), &size) != 0 ? static_cast<std::uint64_t>(size.QuadPart) : 0;
}

bool AppendFile::is_regular() const {
  return GetFileType(handle_of(handle_)) == FILE_TYPE_DISK;
}

bool AppendFile::is_same(const AppendFile& other) const {
  FILE_ID_INFO ours{};
  FILE_ID_INFO theirs{};
  return GetFileInformationByHandleEx(handle_of(handle_), FileIdInfo, &ours, sizeof(ours)) != 0 &&
         GetFileInformationByHandleEx(handle_of(other.handle_), FileIdInfo, &theirs, sizeof(theirs)) != 0 &&
         ours.VolumeSerialNumber == theirs.VolumeSerialNumber &&
         std::memcmp(&ours.FileId, &theirs.FileId, sizeof(ours.FileId)) == 0;
}

Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING) == 0) {
    return failed();
  }
  return {};
}

}  // namespace persona::log
