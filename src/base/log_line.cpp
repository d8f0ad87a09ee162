#include "log_line.hpp"

#include <chrono>
#include <iterator>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include "event_text.hpp"
#include "persona/base/text.hpp"

namespace persona::log {

namespace {

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto fraction = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), fraction);
}

// A value a peer chose must not be able to pass for another field or another line.
bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos ||
         printable(value) != value;
}

std::string text_value(const Field::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return needs_quotes(*text) ? in_quotes(*text) : *text;
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *number);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return fmt::format("{}", *number);
  }
  return std::get<bool>(value) ? "true" : "false";
}

std::string render_text(Level level, std::string_view service, std::string_view message, const Fields& fields,
                        Reader reader) {
  std::string line;
  if (reader == Reader::journal) {
    line = journal_prefix(level);  // not all that show the journal show the priority: so the word as well
  } else if (reader == Reader::anybody) {
    line = timestamp() + ' ';
  }
  if (reader != Reader::event_log) {
    line += fmt::format("{:<5} ", to_string(level));
  }
  if (!service.empty()) {
    line += printable(service);
    line += ": ";
  }
  line += printable(message);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(line), " {}={}", field.key, text_value(field.value));
  }
  return line;
}

std::string render_json(Level level, std::string_view service, std::string_view message, const Fields& fields,
                        Reader reader) {
  nlohmann::ordered_json line;
  if (reader != Reader::event_log) {
    line["time"] = timestamp();
    line["level"] = to_string(level);
  }
  if (!service.empty()) {
    line["service"] = service;
  }
  line["message"] = message;
  for (const Field& field : fields) {
    std::visit([&](const auto& value) { line.emplace(std::string(field.key), value); }, field.value);
  }
  // ASCII only: the escapes of JSON leave nothing that a terminal would obey.
  const std::string text = line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  return reader == Reader::event_log ? event_json(text) : text;
}

}  // namespace

std::string_view journal_prefix(Level level) {
  switch (level) {
    case Level::error:
      return "<3>";
    case Level::warn:
      return "<4>";
    case Level::info:
      return "<6>";
    default:
      return "<7>";
  }
}

std::string render_line(const LineStyle& style, Level level, std::string_view service,
                        std::string_view message, const Fields& fields) {
  const auto render = style.format == Format::json ? render_json : render_text;
  return render(level, service, message, fields, style.reader);
}

}  // namespace persona::log
