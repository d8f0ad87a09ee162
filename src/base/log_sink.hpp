// What the lines of a log are written to in the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"

namespace persona::log {

/// Touched by one thread, that of its LogQueue, which may be kept waiting for as long as it takes.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// One line, without its end. When it fails the line is lost; the error is what the system says.
  virtual Result<void> write(Level level, std::string_view line) = 0;

  /// As Logger::reopen().
  virtual void reopen() noexcept {}

  /// What there is to be said of the sink itself, once; asked for behind every line and every reopen().
  virtual std::optional<std::string> take_notice() { return std::nullopt; }
};

}  // namespace persona::log
