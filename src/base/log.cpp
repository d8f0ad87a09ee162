#include "persona/base/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <mutex>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "event_text.hpp"
#include "log_destination.hpp"
#include "log_file.hpp"
#include "persona/base/text.hpp"

namespace persona::log {

namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info", "warn", "error", "off"};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

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
                        bool is_event) {
  std::string line = is_event ? "" : fmt::format("{} {:<5} ", timestamp(), to_string(level));
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
                        bool is_event) {
  nlohmann::ordered_json line;
  if (!is_event) {
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
  return is_event ? event_json(text) : text;
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> receive) : receive_(std::move(receive)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    receive_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  std::function<void(std::string_view)> receive_;
};

std::shared_ptr<spdlog::sinks::sink> whole_line(std::shared_ptr<spdlog::sinks::sink> sink) {
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  return sink;
}

}  // namespace

std::string_view to_string(Level level) {
  return kLevelNames.at(static_cast<std::size_t>(level));
}

Destination standard_error() {
  return {whole_line(std::make_shared<spdlog::sinks::stderr_sink_mt>())};
}

Logger::Logger(std::string service, Settings settings, const Destination& destination)
    : service_(std::move(service)),
      settings_(std::move(settings)),
      level_(settings_.level),
      sink_(destination.sink),
      is_event_log_(destination.is_event_log),
      file_(destination.file) {}

Logger::~Logger() = default;

Result<std::shared_ptr<Logger>> Logger::open(std::string service, const Settings& settings) {
  if (settings.file.empty()) {
    return std::make_shared<Logger>(std::move(service), settings, default_destination());
  }
  auto file = LogFile::open(settings);
  if (!file) {
    return tl::unexpected(file.error());
  }
  auto logger = std::make_shared<Logger>(std::move(service), settings, Destination{*file, false, *file});
  if (!(*file)->has_limits(settings)) {
    logger->warn("another service has the same log file with other limits: its max_size and max_files hold",
                 {{"file", settings.file}});
  }
  return logger;
}

std::shared_ptr<Logger> Logger::to_function(std::string service, const Settings& settings,
                                            std::function<void(std::string_view)> receive) {
  return std::make_shared<Logger>(std::move(service), settings,
                                  Destination{std::make_shared<FunctionSink>(std::move(receive))});
}

void Logger::reopen() {
  if (file_) {
    file_->reopen();
  }
}

void Logger::write(Level level, std::string_view message, const Fields& fields) {
  if (!enabled(level)) {
    return;
  }
  try {
    const auto render = settings_.format == Format::json ? render_json : render_text;
    const std::string line = render(level, service_, message, fields, is_event_log_);
    sink_->log(spdlog::details::log_msg(spdlog::string_view_t(), spdlog_level(level), line));
    sink_->flush();
    if (const auto notice = file_ ? file_->take_notice() : std::nullopt) {
      warn(*notice);
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): a full disk is no reason to stop forwarding
  }
}

}  // namespace persona::log
