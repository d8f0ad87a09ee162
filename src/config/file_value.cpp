#include "file_value.hpp"

#include <system_error>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::config {

namespace fs = std::filesystem;

fs::path resolve(const fs::path& config_file, std::string_view text) {
  return (config_file.parent_path() / path_from_text(text)).make_preferred();
}

std::optional<Located<fs::path>> read_file(const fs::path& config_file, const Value& value) {
  const auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  if (text->empty()) {
    value.error("expected the name of a file, found \"\"");
    return std::nullopt;
  }
  const fs::path path = resolve(config_file, *text);
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (status.type() == fs::file_type::not_found) {
    value.error(fmt::format("no such file: {}", printable(path_text(path))));
  } else if (status.type() == fs::file_type::none) {
    value.error(fmt::format("{}: {}", printable(path_text(path)), failed.message()));
  } else if (fs::is_directory(status)) {
    value.error(fmt::format("{} is a folder, expected a file", printable(path_text(path))));
  } else {
    return Located<fs::path>{path, value.mark()};
  }
  return std::nullopt;
}

std::vector<Located<fs::path>> read_files(const fs::path& config_file, const Value& value) {
  std::vector<Located<fs::path>> files;
  for (const Value& item : value.one_or_list()) {
    if (auto file = read_file(config_file, item)) {
      files.push_back(std::move(*file));
    }
  }
  return files;
}

}  // namespace persona::config
