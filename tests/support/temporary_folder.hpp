// A fresh folder, gone with the object.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace support {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// `name` and `content` are UTF-8. Returns where it is.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

  /// The text with `name` for this folder, and with slashes in the paths below it, so that whole outputs can
  /// be compared on every platform.
  std::string with_short_paths(std::string text, std::string_view name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace support
