// Paths from and to UTF-8, which is what the command line, configuration files and messages are in on every system.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace persona {

inline std::string path_text(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

/// The constructor of path takes char for the machine's code page, or worse (libstdc++ on Windows: for Latin-1).
inline std::filesystem::path path_from_text(std::string_view text) {
  return {std::u8string(text.begin(), text.end())};
}

}  // namespace persona
