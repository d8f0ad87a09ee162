#include "persona/forward/failure_log.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

namespace {

struct Recorder {
  std::vector<std::string> lines;
  FailureLog failures;

  Recorder()
      : failures(log::Logger::to_function(
            "db", {log::Level::info, log::Format::text, ""}, [this](std::string_view line) {
              lines.emplace_back(line.substr(line.find(' ') + 1));  // without the time
            })) {}
};

constexpr Milliseconds start{1'000'000};

}  // namespace

TEST_CASE("a failure is logged at once, its repetitions counted") {
  Recorder recorder;
  for (int i = 0; i < 58; ++i) {
    recorder.failures.report("cannot connect", {{"reason", "dial_failed"}}, start);
  }
  recorder.failures.report("another sentence", {}, start);
  CHECK(recorder.lines == std::vector<std::string>{"warn  db: cannot connect reason=dial_failed",
                                                   "warn  db: another sentence"});
  recorder.failures.report("cannot connect", {{"reason", "dial_failed"}}, start + FailureLog::window);
  REQUIRE(recorder.lines.size() == 3);
  CHECK(recorder.lines.back() == "warn  db: cannot connect reason=dial_failed suppressed=57");
}

TEST_CASE("sentences that a peer can vary do not grow the memory without bound") {
  Recorder recorder;
  for (std::size_t i = 0; i < 10 * FailureLog::most_sentences; ++i) {
    recorder.failures.report("garbage " + std::to_string(i), {}, start);
  }
  CHECK(recorder.lines.size() == 10 * FailureLog::most_sentences);
}
