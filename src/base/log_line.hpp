// A log line as text, or as JSON.
#pragma once

#include <string>
#include <string_view>

#include "log_sink.hpp"
#include "persona/base/log.hpp"

namespace persona::log {

struct LineStyle {
  Format format = Format::text;
  Reader reader = Reader::anybody;
};

/// What tells journald the level of a line: "<3>" and so on, by the priorities of syslog(3).
std::string_view journal_prefix(Level level);

/// Without line end; with the current time. `service` may be empty.
std::string render_line(const LineStyle& style, Level level, std::string_view service,
                        std::string_view message, const Fields& fields = {});

}  // namespace persona::log
