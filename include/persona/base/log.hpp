// Structured log lines: a sentence and fields, as text or as one JSON object a line.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "persona/base/result.hpp"

namespace spdlog::sinks {
class sink;
}

namespace persona::log {

enum class Level { trace, debug, info, warn, error, off };
enum class Format { text, json };

std::string_view to_string(Level level);

struct Settings {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;  ///< empty: standard error, or the Event Log after use_event_log() (event_log.hpp)
  std::uint64_t max_size = std::uint64_t{64} << 20;  ///< of `file` in bytes; 0: however large it gets
  unsigned max_files = 5;  ///< how many full ones are kept beside it, as `file`.1 (the newest), `file`.2, ...
};

struct Field {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  std::string_view key;  ///< a literal: it must outlive the call
  Value value;

  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class Integer>
  requires std::is_integral_v<Integer> Field(std::string_view k, Integer v)
      : key(k), value(static_cast<std::int64_t>(v)) {}
};

using Fields = std::vector<Field>;

struct Destination;
class LogFile;

/// One destination with one level and format. Thread-safe: every loop writes to it.
class Logger {
 public:
  /// `service` labels every line; empty for lines of the process.
  Logger(std::string service, Settings settings, const Destination& destination);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Opens the destination. Fails with a sentence naming the file when it cannot be opened for appending. A
  /// file that several Loggers of this process name is opened once; several processes must not share one that
  /// rotates: no line is lost, but more old files than one of them wants go.
  static Result<std::shared_ptr<Logger>> open(std::string service, const Settings& settings);

  /// A logger that hands every rendered line (without line end) to `receive`, under a lock. For tests and the
  /// demo.
  static std::shared_ptr<Logger> to_function(std::string service, const Settings& settings,
                                             std::function<void(std::string_view)> receive);

  bool enabled(Level level) const { return level >= level_ && level != Level::off; }
  void set_level(Level level) { level_ = level; }
  bool has_file() const { return !settings_.file.empty(); }
  /// Another file may bear the log file's name by now (logrotate): lines go there from now on.
  void reopen();
  void write(Level level, std::string_view message, const Fields& fields = {});

  void debug(std::string_view message, const Fields& fields = {}) { write(Level::debug, message, fields); }
  void info(std::string_view message, const Fields& fields = {}) { write(Level::info, message, fields); }
  void warn(std::string_view message, const Fields& fields = {}) { write(Level::warn, message, fields); }
  void error(std::string_view message, const Fields& fields = {}) { write(Level::error, message, fields); }

 private:
  std::string service_;
  Settings settings_;
  std::atomic<Level> level_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
  bool is_event_log_;
  std::shared_ptr<LogFile> file_;
};

}  // namespace persona::log
