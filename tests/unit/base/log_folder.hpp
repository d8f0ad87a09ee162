// A folder with log files, for the tests of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "persona/base/log.hpp"

/// With times, levels and ends, two lines of one letter fit into it and three do not.
constexpr std::uint64_t kTwoLines = 80;

/// Empty at first; gone with all that is in it at the end.
class LogFolder {
 public:
  LogFolder() : path_(std::filesystem::temp_directory_path() / fmt::format("persona-unit-log-{}", ++count_)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~LogFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  std::filesystem::path path(const std::string& name) const { return path_ / name; }

  persona::log::Settings settings(std::uint64_t max_size = 0, unsigned max_files = 3) const {
    persona::log::Settings settings;
    const std::u8string file = path("x.log").u8string();
    settings.file.assign(file.begin(), file.end());
    settings.max_size = max_size;
    settings.max_files = max_files;
    return settings;
  }

  std::string content(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// The lines, without their ends, times and levels; those without an end with a '#' behind.
  std::vector<std::string> lines(const std::string& name = "x.log") const {
    std::vector<std::string> lines;
    for (std::string rest = content(name); !rest.empty();) {
      const std::size_t end = rest.find('\n');
      std::string line = rest.substr(0, end);
      rest = end == std::string::npos ? "" : rest.substr(end + 1);
      line.erase(std::remove(line.begin(), line.end(), '\r'), line.end());
      lines.push_back((line.size() > kPrefix ? line.substr(kPrefix) : line) +
                      (end == std::string::npos ? "#" : ""));
    }
    return lines;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(path_)) {
      names.push_back(each.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static constexpr std::size_t kPrefix = 31;  // "2026-01-02T03:04:05.678Z info  "

  static inline int count_ = 0;
  std::filesystem::path path_;
};
