// Logs failures, and throttles repeated ones.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "persona/base/duration.hpp"
#include "persona/base/log.hpp"

namespace persona::forward {

/// Thread-safe. A sentence is logged immediately, then at most once per `window`; the next line says how many
/// were suppressed.
class FailureLog {
 public:
  static constexpr Milliseconds window{10'000};
  static constexpr std::size_t most_sentences = 256;  ///< limits the memory: peers influence the sentences

  explicit FailureLog(std::shared_ptr<log::Logger> logger) : logger_(std::move(logger)) {}

  /// `now` is any monotonic clock.
  void report(const std::string& sentence, log::Fields fields, Milliseconds now);

 private:
  struct Entry {
    Milliseconds logged{0};
    std::size_t suppressed = 0;
  };

  std::shared_ptr<log::Logger> logger_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace persona::forward
