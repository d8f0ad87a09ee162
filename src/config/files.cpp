// Configuration files on disk.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "document.hpp"
#include "persona/base/file.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/config/load.hpp"
#include "root.hpp"

namespace persona::config {

namespace fs = std::filesystem;

std::optional<std::string> read_text(const fs::path& file, Report& report) {
  const auto unreadable = [&](std::string why) {
    report = Report(file, "");
    report.error({}, std::move(why));
    return std::nullopt;
  };
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    return unreadable("is a folder, expected a file");
  }
  errno = 0;
  const FilePtr stream = open_for_reading(file);
  if (!stream) {
    return unreadable(std::generic_category().message(errno));
  }
  std::string text;
  std::array<char, 4096>
      part{};  // not all that is allowed at once: each thread that ever reads would keep that
  while (text.size() <= largest_file) {  // more than that parse() refuses, whatever follows
    const std::size_t count = std::fread(part.data(), 1, part.size(), stream.get());
    text.append(part.data(), count);
    if (std::ferror(stream.get()) != 0) {
      return unreadable(std::generic_category().message(errno));
    }
    if (count < part.size()) {
      break;
    }
  }
  return text;
}

Loaded load(const fs::path& file) {
  Loaded loaded;
  loaded.config.file = file;
  const auto text = read_text(file, loaded.report);
  return text ? parse(file, *text) : std::move(loaded);
}

bool is_configuration(const fs::path& name) {
  return name.extension() == ".yaml" && !path_text(name.filename()).starts_with('.');
}

Result<std::vector<fs::path>> find_files(const fs::path& file_or_folder) {
  const std::string shown = printable(path_text(file_or_folder));
  std::error_code failed;
  const fs::file_status status = fs::status(file_or_folder, failed);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorKind::configuration, "{}: no such file or folder", shown);
  }
  if (status.type() == fs::file_type::none) {
    return fail(ErrorKind::configuration, "{}: {}", shown, failed.message());
  }
  if (!fs::is_directory(status)) {
    return std::vector<fs::path>{file_or_folder};
  }
  std::vector<fs::path> files;
  fs::directory_iterator entry(file_or_folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const fs::path& path = entry->path();
    std::error_code ignored;  // a dangling link is kept: load() says what is wrong with it
    if (is_configuration(path) && !fs::is_directory(path, ignored)) {
      files.push_back(path);
    }
  }
  if (failed) {
    return fail(ErrorKind::configuration, "{}: {}", shown, failed.message());
  }
  if (files.empty()) {
    return fail(ErrorKind::configuration, "{}: there is no *.yaml file in this folder", shown);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace persona::config
