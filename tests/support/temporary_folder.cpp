#include "temporary_folder.hpp"

#include <fstream>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "persona/base/path_text.hpp"

namespace support {

TemporaryFolder::TemporaryFolder() {
  std::random_device random;
  path_ =
      std::filesystem::temp_directory_path() / fmt::format("persona-test-{:08x}{:08x}", random(), random());
  REQUIRE(std::filesystem::create_directory(path_));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(std::string_view name, std::string_view content) const {
  std::filesystem::path file = path_ / persona::path_from_text(name);
  std::ofstream stream(file, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  REQUIRE(stream.good());
  return file;
}

std::string TemporaryFolder::with_short_paths(std::string text, std::string_view name) const {
  const std::string folder = persona::path_text(path_);
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    text.replace(at, folder.size(), name);
    at += name.size();
    if (std::filesystem::path::preferred_separator == '\\') {
      for (std::size_t i = at;
           i < text.size() && std::string_view(" \"':;,\n").find(text[i]) == std::string_view::npos; ++i) {
        if (text[i] == '\\') {
          text[i] = '/';
        }
      }
    }
    if (name.empty() && at < text.size() && text[at] == '/') {
      text.erase(at, 1);
    }
  }
  return text;
}

}  // namespace support
