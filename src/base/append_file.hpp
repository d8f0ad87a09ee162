// What lines are added to, and nothing else is done with: a file, a pipe, a terminal. Platform:
// append_file_posix.cpp, append_file_windows.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "persona/base/result.hpp"

namespace persona::log {

/// Others may read, rename and remove it meanwhile, also on Windows. Not thread-safe.
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

  /// Made when it does not exist; then the users of `like` may read it, who else is up to the system. The
  /// error is what the system says. Does not wait for who reads a pipe.
  static Result<AppendFile> open(const std::filesystem::path& path, const AppendFile* like = nullptr);

  /// Standard error, as it is now.
  static Result<AppendFile> standard_error();

  /// The line and its end, whole at the end of the file, in one call to the system as far as that can be.
  /// What was written of it when it fails is in `written`; then the next one begins with a line end. Waits
  /// for as long as a pipe or a terminal takes nothing.
  Result<void> write_line(std::string_view line, std::size_t& written);

  /// What write_line() would write.
  std::size_t size_of(std::string_view line) const;

  std::uint64_t size() const;  ///< 0 when it has none
  bool is_regular() const;     ///< false: a device, a pipe
  bool is_same(
      const AppendFile& other) const;  ///< the same file, under whatever name; false: not known either

 private:
  static constexpr std::intptr_t kNone = -1;
  static const std::string_view kLineEnd;

  explicit AppendFile(std::intptr_t handle) : handle_(handle) {}
  void close();
  Result<void> write(std::string_view bytes, std::size_t& written);

  std::intptr_t handle_ = kNone;
  bool is_torn_ = false;  // the last line has no end
};

/// Renames; what is under the new name is replaced. The error is what the system says.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace persona::log
