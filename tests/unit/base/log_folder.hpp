// A folder with log files, for the tests of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../support/temporary_folder.hpp"
#include "persona/base/log.hpp"

/// With times, levels and ends, two lines of one letter fit into it and three do not.
constexpr std::uint64_t two_lines = 80;

/// A Logger of a file, in which a line is when the call that writes it returns.
class WrittenLog {
 public:
  explicit WrittenLog(const persona::log::Settings& settings, const std::string& service = "")
      : logger_(persona::log::Logger::open(service, settings).value()) {
    flush();
  }
  void info(std::string_view message) const {
    logger_->info(message);
    flush();
  }
  void reopen() const {
    logger_->reopen();
    flush();
  }
  std::uint64_t lines_lost() const { return logger_->lines_lost(); }

 private:
  void flush() const { CHECK(logger_->flush(std::chrono::seconds(60))); }

  std::shared_ptr<persona::log::Logger> logger_;
};

class LogFolder {
 public:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

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
      lines.push_back((line.size() > prefix ? line.substr(prefix) : line) +
                      (end == std::string::npos ? "#" : ""));
    }
    return lines;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(each.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static constexpr std::size_t prefix = 31;  // "2026-01-02T03:04:05.678Z info  "

  support::TemporaryFolder folder_;
};
