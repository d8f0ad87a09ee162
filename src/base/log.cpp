#include "persona/base/log.hpp"

#include <array>
#include <mutex>
#include <utility>

#include "log_destination.hpp"
#include "log_line.hpp"

namespace persona::log {

namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warn", "error", "off"};

/// Writes immediately, on the calling thread.
class FunctionDestination final : public Destination {
 public:
  explicit FunctionDestination(std::function<void(std::string_view)> receive)
      : receive_(std::move(receive)) {}

  void put(Level /*level*/, std::string line) override {
    const std::lock_guard lock(mutex_);
    receive_(line);
  }

 private:
  std::mutex mutex_;
  std::function<void(std::string_view)> receive_;
};

}  // namespace

std::string_view to_string(Level level) {
  return level_names.at(static_cast<std::size_t>(level));
}

Logger::Logger(std::string service, Settings settings, std::shared_ptr<Destination> destination)
    : service_(std::move(service)),
      settings_(std::move(settings)),
      level_(settings_.level),
      destination_(std::move(destination)) {}

Logger::~Logger() = default;

Result<std::shared_ptr<Logger>> Logger::open(std::string service, const Settings& settings) {
  auto opened = open_destination(settings);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  auto logger = std::make_shared<Logger>(std::move(service), settings, std::move(opened->destination));
  if (opened->has_other_limits) {
    logger->warn("another service has the same log file with other limits: its max_size and max_files apply",
                 {{"file", settings.file}});
  }
  return logger;
}

std::shared_ptr<Logger> Logger::to_function(std::string service, const Settings& settings,
                                            std::function<void(std::string_view)> receive) {
  return std::make_shared<Logger>(std::move(service), settings,
                                  std::make_shared<FunctionDestination>(std::move(receive)));
}

void Logger::reopen() {
  destination_->reopen();
}

bool Logger::flush(Milliseconds patience) {
  return destination_->flush(patience);
}

std::uint64_t Logger::lines_lost() const {
  return destination_->lines_lost();
}

void Logger::write(Level level, std::string_view message, const Fields& fields) {
  if (!enabled(level)) {
    return;
  }
  try {
    const LineStyle style{settings_.format, destination_->reader()};
    destination_->put(level, render_line(style, level, service_, message, fields));
  } catch (...) {  // no reason to stop forwarding
    destination_->lose();
  }
}

}  // namespace persona::log
