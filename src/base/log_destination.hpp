// Where the lines of a Logger go. Loggers share it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "log_sink.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"

namespace persona::log {

class LogFile;

/// Thread-safe.
class Destination {
 public:
  explicit Destination(Reader reader = Reader::anybody) : reader_(reader) {}
  virtual ~Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  /// For whom its lines are to be rendered.
  Reader reader() const { return reader_; }

  /// One line, without its end. When it throws, the caller calls lose().
  virtual void put(Level level, std::string line) = 0;

  /// Counts a line that there was no memory for.
  virtual void lose() noexcept {}

  virtual void reopen() {}                                                     ///< as Logger's
  virtual bool flush(Milliseconds patience) { return patience.count() >= 0; }  ///< as Logger's
  virtual std::uint64_t lines_lost() const { return 0; }                       ///< as Logger's

 private:
  Reader reader_;
};

/// The one for `settings.file` that this process already has open, under whatever name, or a new one; its
/// limits, and the format of its own messages, are those of the first Logger. Without a file: standard error
/// or the Event Log, one for all.
struct OpenDestination {
  std::shared_ptr<Destination> destination;
  bool has_other_limits = false;  ///< than `settings` says
};
Result<OpenDestination> open_destination(const Settings& settings);

/// For Loggers without a file. Platform: log_posix.cpp, log_windows.cpp.
struct DefaultSink {
  std::shared_ptr<Sink> sink;
  Reader reader = Reader::anybody;
};
Result<DefaultSink> default_sink();

/// Standard error.
Result<std::shared_ptr<Sink>> standard_error();

/// Does journald read standard error? By JOURNAL_STREAM, which says so (systemd.exec(5)). Platform:
/// log_posix.cpp, log_windows.cpp.
bool journal_reads_standard_error();

}  // namespace persona::log
