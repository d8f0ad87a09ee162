// Where the lines of a log are finally written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"

namespace persona::log {

/// Who gets the lines, and has a time of his own for each.
enum class Reader {
  anybody,    ///< has nothing but the line
  event_log,  ///< of Windows: time and level are the entry's, and some text means something to it
              ///< (event_text.hpp)
  journal,    ///< systemd's: it takes the level from a prefix (sd-daemon(3)), and lines of JSON as they are
};

/// Used by one thread, that of its LogQueue, which it may keep waiting for as long as it takes.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// One line, without its end. When it fails the line is lost; the error is the system's.
  virtual Result<void> write(Level level, std::string_view line) = 0;

  /// As Logger::reopen().
  virtual void reopen() noexcept {}

  /// A message about the sink itself, returned once; asked for after every line and every reopen().
  virtual std::optional<std::string> take_notice() { return std::nullopt; }
};

}  // namespace persona::log
