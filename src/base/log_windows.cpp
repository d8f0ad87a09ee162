#include <mutex>

#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/base_sink.h>

#include "log_destination.hpp"
#include "persona/base/event_log.hpp"

namespace persona::log {

namespace {

class EventLogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit EventLogSink(std::string source) : source_(std::move(source)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const Level level = message.level >= spdlog::level::err    ? Level::error
                        : message.level >= spdlog::level::warn ? Level::warn
                                                               : Level::info;
    report_event(source_, level, {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  std::string source_;
};

std::shared_ptr<spdlog::sinks::sink>& event_log() {
  static std::shared_ptr<spdlog::sinks::sink> sink;
  return sink;
}

}  // namespace

void use_event_log(const std::string& source) {
  event_log() = std::make_shared<EventLogSink>(source);
}

Destination default_destination() {
  return event_log() ? Destination{event_log(), true} : standard_error();
}

}  // namespace persona::log
