// Paths from and to UTF-8, the encoding of configuration files, arguments and messages on every system. On
// Windows std::filesystem reads a std::string in another encoding: never make a path from one directly.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace persona {

inline std::string path_text(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

inline std::filesystem::path path_from_text(std::string_view text) {
  return {std::u8string(text.begin(), text.end())};
}

}  // namespace persona
