// A file, pipe or terminal that lines are appended to. Platform: append_file_posix.cpp,
// append_file_windows.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "persona/base/result.hpp"

namespace persona::log {

/// Others may read, rename and remove it meanwhile, even on Windows. Not thread-safe.
class AppendFile {
 public:
  AppendFile() = default;
  ~AppendFile() { close(); }
  AppendFile(AppendFile&& other) noexcept
      : handle_(std::exchange(other.handle_, kNone)), is_torn_(other.is_torn_) {}
  AppendFile& operator=(AppendFile&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(is_torn_, other.is_torn_);
    return *this;
  }
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Created when it does not exist; whoever may read `like` may then read it, the system decides the rest.
  /// The error is the system's. Does not wait until a pipe has a reader.
  static Result<AppendFile> open(const std::filesystem::path& path, const AppendFile* like = nullptr);

  /// Standard error, as it is now.
  static Result<AppendFile> standard_error();

  /// Appends the line and its end, in one system call if possible. `written` is the number of bytes written,
  /// also after a failure; the next line then begins with a line end. Waits for as long as a pipe or a
  /// terminal accepts nothing.
  Result<void> write_line(std::string_view line, std::size_t& written);

  /// What write_line() would write.
  std::size_t size_of(std::string_view line) const;

  std::uint64_t size() const;  ///< 0 when it has none
  bool is_regular() const;     ///< false: a device, a pipe
  bool is_same(
      const AppendFile& other) const;  ///< the same file, under whatever name; false also when not known

 private:
  static constexpr std::intptr_t kNone = -1;
  static const std::string_view kLineEnd;

  explicit AppendFile(std::intptr_t handle) : handle_(handle) {}
  void close();
  Result<void> write(std::string_view bytes, std::size_t& written);

  std::intptr_t handle_ = kNone;
  bool is_torn_ = false;  // the last line has no end
};

/// Renames, replacing a file that has the new name. The error is the system's.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace persona::log
