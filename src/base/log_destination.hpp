// Where the lines of a Logger go.
#pragma once

#include <memory>

#include <spdlog/sinks/sink.h>

namespace persona::log {

class LogFile;

struct Destination {
  std::shared_ptr<spdlog::sinks::sink> sink;  ///< is given lines without their end
  bool is_event_log = false;                ///< has the time and level of a line already: see event_text.hpp
  std::shared_ptr<LogFile> file = nullptr;  ///< when it is one
};

/// Of a Logger without a file. Platform: log_posix.cpp, log_windows.cpp.
Destination default_destination();

/// Standard error.
Destination standard_error();

}  // namespace persona::log
