// A file that is only ever added to. Platform: append_file_posix.cpp, append_file_windows.cpp.
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
  AppendFile(AppendFile&& other) noexcept : handle_(std::exchange(other.handle_, kNone)) {}
  AppendFile& operator=(AppendFile&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Made when it does not exist; then the users of `like` may read it, who else is up to the system. The
  /// error is what the system says.
  static Result<AppendFile> open(const std::filesystem::path& path, const AppendFile* like = nullptr);

  /// Whole at the end of the file, in one call to the system as far as that can be. What was written of it
  /// when it fails is in `written`.
  Result<void> write(std::string_view bytes, std::size_t& written);

  std::uint64_t size() const;  ///< 0 when it has none
  bool is_regular() const;     ///< false: a device, a pipe
  bool is_same(
      const AppendFile& other) const;  ///< the same file, under whatever name; false: not known either

 private:
  static constexpr std::intptr_t kNone = -1;

  explicit AppendFile(std::intptr_t handle) : handle_(handle) {}
  void close();

  std::intptr_t handle_ = kNone;
};

/// Renames; what is under the new name is replaced. The error is what the system says.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace persona::log
