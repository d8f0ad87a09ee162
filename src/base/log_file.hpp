// The file that log.file names: lines are appended to it, and when it is full, it is moved aside.
//
// Nothing is ever truncated. The file stays open while it is renamed, and is closed when the next one is
// open, so that there is always one to write to: a file that cannot be renamed (on Windows, while another
// program has it open) grows instead, and when the next one cannot be opened, the old one is used under its
// new name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "append_file.hpp"
#include "log_sink.hpp"
#include "persona/base/log.hpp"

namespace persona::log {

class LogFile final : public Sink {
 public:
  /// Fails with a sentence that names the file.
  static Result<std::shared_ptr<LogFile>> open(const Settings& settings);

  LogFile(AppendFile file, std::filesystem::path path, const Settings& settings);

  Result<void> write(Level level, std::string_view line) override;

  /// Opens the file that has the name now: another one, after logrotate has renamed the one in use.
  void reopen() noexcept override;
  std::optional<std::string> take_notice() override;

  /// Whether it is the same file, under whatever name. Any thread; does not wait for a write.
  bool is_same(const LogFile& other) const;

  /// Any thread.
  bool has_limits(const Settings& settings) const {
    return max_size_ == settings.max_size && max_files_ == settings.max_files;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void make_room(std::uint64_t bytes);
  Result<void> rotate(std::uint64_t bytes);
  Result<void> move_aside() const;
  bool reopen_if_renamed(AppendFile& named);
  void use(AppendFile file);
  void notice(const std::string& sentence);

  const std::filesystem::path path_;
  const std::uint64_t max_size_;
  const unsigned max_files_;
  mutable std::mutex mutex_;
  AppendFile file_;  // replaced under the lock, by the one thread that writes
  bool is_regular_;
  std::uint64_t size_;

  bool is_stuck_ = false;  // the last rotation failed; the next two say when to try again
  std::uint64_t retry_size_ = 0;
  Clock::time_point retry_at_;

  std::string notice_;
};

}  // namespace persona::log
