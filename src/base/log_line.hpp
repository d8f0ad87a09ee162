// A log line as text, or as JSON.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/log.hpp"

namespace persona::log {

struct LineStyle {
  Format format = Format::text;
  bool is_event = false;  ///< for the Event Log, whose entries have a time and level: see event_text.hpp
};

/// Without line end; with the current time. `service` may be empty.
std::string render_line(const LineStyle& style, Level level, std::string_view service,
                        std::string_view message, const Fields& fields = {});

}  // namespace persona::log
