// Structured log lines: a sentence and fields, as text or as one JSON object per line.
//
// Logging never waits for a line to be written: lines are handed to the thread of their destination, 4 MiB of
// them at most. Lines that come while those wait (for a pipe that nobody reads, say) are dropped. What is
// dropped, and what the system refuses to write, is counted, and a line says so as soon as one can be written
// again. The last Logger of a destination writes what is left before it is destroyed, for a few seconds at
// most. A process that is killed or crashes loses what is waiting at that moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/base/result.hpp"

namespace persona::log {

enum class Level { trace, debug, info, warn, error, off };
enum class Format { text, json };

std::string_view to_string(Level level);

struct Settings {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;  ///< empty: standard error, or the Event Log after use_event_log() (event_log.hpp)
  std::uint64_t max_size = std::uint64_t{64} << 20;  ///< of `file` in bytes; 0: no limit
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

class Destination;

/// The process is about to end. The time for which the last Loggers of destinations wait in their destructors
/// starts now: a few seconds in all, not for each of many that are stuck. Any thread.
void expect_end();

/// How many lines this process has lost, of all Loggers that it has or had; see Logger::lines_lost(). It
/// never decreases. Any thread.
std::uint64_t all_lines_lost();

/// One destination with one level and format. Thread-safe: every loop writes to it.
class Logger {
 public:
  /// `service` labels every line; empty for lines of the process.
  Logger(std::string service, Settings settings, std::shared_ptr<Destination> destination);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Opens the destination. Fails with a sentence naming the file when it cannot be opened for appending
  /// (ErrorKind::configuration), or when the system grants neither a thread nor a descriptor. A pipe (FIFO)
  /// that nobody reads yet is not a failure: lines wait for a reader. A file that several Loggers of this
  /// process name is opened once; several processes must not share one that rotates: no line is lost, but
  /// more old files are deleted than any of them wants.
  static Result<std::shared_ptr<Logger>> open(std::string service, const Settings& settings);

  /// A logger that hands every rendered line (without line end) to `receive` immediately, under a lock. For
  /// tests and the demo.
  static std::shared_ptr<Logger> to_function(std::string service, const Settings& settings,
                                             std::function<void(std::string_view)> receive);

  bool enabled(Level level) const { return level >= level_ && level != Level::off; }
  void set_level(Level level) { level_ = level; }
  bool has_file() const { return !settings_.file.empty(); }
  /// Another file may have the log file's name by now (logrotate): lines go there from now on.
  void reopen();
  /// Waits until every line so far is written or lost. False: not within `patience`. Never call it on a loop.
  bool flush(Milliseconds patience = Milliseconds(2000));
  /// How many lines of the destination, of other Loggers as well, were dropped or could not be written.
  std::uint64_t lines_lost() const;
  void write(Level level, std::string_view message, const Fields& fields = {});

  void debug(std::string_view message, const Fields& fields = {}) { write(Level::debug, message, fields); }
  void info(std::string_view message, const Fields& fields = {}) { write(Level::info, message, fields); }
  void warn(std::string_view message, const Fields& fields = {}) { write(Level::warn, message, fields); }
  void error(std::string_view message, const Fields& fields = {}) { write(Level::error, message, fields); }

 private:
  std::string service_;
  Settings settings_;
  std::atomic<Level> level_;
  std::shared_ptr<Destination> destination_;
};

}  // namespace persona::log
