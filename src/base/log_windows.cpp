#include "log_destination.hpp"
#include "persona/base/event_log.hpp"

namespace persona::log {

namespace {

class EventLog final : public Sink {
 public:
  explicit EventLog(std::string source) : source_(std::move(source)) {}

  Result<void> write(Level level, std::string_view line) override {
    return report_event(source_, level, line);
  }

 private:
  std::string source_;
};

std::shared_ptr<Sink>& event_log() {
  static std::shared_ptr<Sink> sink;
  return sink;
}

}  // namespace

void use_event_log(const std::string& source) {
  event_log() = std::make_shared<EventLog>(source);
}

bool journal_reads_standard_error() {
  return false;
}

Result<DefaultSink> default_sink() {
  if (event_log()) {
    return DefaultSink{event_log(), Reader::event_log};
  }
  auto sink = standard_error();
  if (!sink) {
    return tl::unexpected(sink.error());
  }
  return DefaultSink{std::move(*sink)};
}

}  // namespace persona::log
