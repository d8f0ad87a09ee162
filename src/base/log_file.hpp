// The file that log.file names: lines are added to it, and when it is full, it is moved aside.
//
// Nothing is ever truncated. The file stays open while it is renamed, and is let go when the next one is
// open, so that at every moment there is one to write to: what cannot be renamed (somebody holds it, on
// Windows) grows instead, and what cannot be opened stays the one before, under its new name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <spdlog/sinks/base_sink.h>

#include "append_file.hpp"
#include "persona/base/log.hpp"

namespace persona::log {

/// Thread-safe.
class LogFile final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// The one that this process has open already, under whatever name, or a new one. Its limits are those of
  /// the Logger that was first. Fails with a sentence that names the file.
  static Result<std::shared_ptr<LogFile>> open(const Settings& settings);

  LogFile(AppendFile file, std::filesystem::path path, const Settings& settings);

  /// Opens what the name leads to now, which is another file after logrotate has renamed the one in use.
  void reopen();

  /// What there is to be said of the file itself, once; Loggers ask behind every line and write it.
  std::optional<std::string> take_notice();

  bool has_limits(const Settings& settings) const {
    return max_size_ == settings.max_size && max_files_ == settings.max_files;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  void make_room(std::uint64_t bytes);
  Result<void> rotate(std::uint64_t bytes);
  Result<void> move_aside() const;
  bool reopen_if_renamed(AppendFile& named);
  void use(AppendFile file);
  void notice(const std::string& sentence);

  AppendFile file_;
  std::filesystem::path path_;
  std::uint64_t max_size_;
  unsigned max_files_;
  bool is_regular_;
  std::uint64_t size_;

  bool is_stuck_ = false;  // the last rotation failed: when to try again
  std::uint64_t retry_size_ = 0;
  Clock::time_point retry_at_;

  std::uint64_t lost_ = 0;  // lines, since one could be written
  std::string why_lost_;
  bool is_torn_ = false;  // the last line has no end
  std::string notice_;
};

}  // namespace persona::log
