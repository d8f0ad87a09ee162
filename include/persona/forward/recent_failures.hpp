// The connections of a service that have failed last, for whoever asks afterwards.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "persona/forward/reason.hpp"
#include "persona/x509/time.hpp"

namespace persona::forward {

/// Only ends that someone should look into (is_trouble), not ordinary ones.
struct FailedConnection {
  x509::TimePoint at{};
  Reason reason;
  std::string error;   ///< the sentence of the log
  std::string client;  ///< as in the log
  std::string target;  ///< the last address that was dialled; empty: none
};

/// Thread-safe; locked once for each connection that fails.
class RecentFailures {
 public:
  static constexpr std::size_t most = 20;
  static constexpr std::size_t longest_error = 1000;  ///< characters that are kept: peers influence sentences

  void add(FailedConnection failed);

  std::vector<FailedConnection> newest_first() const;

 private:
  mutable std::mutex mutex_;
  std::deque<FailedConnection> failed_;  // the newest first
};

}  // namespace persona::forward
