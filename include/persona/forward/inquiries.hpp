// What was learnt of gateways that ended a connection without a word.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "persona/base/endpoint.hpp"

namespace persona::forward {

/// Each address that is configured is asked once at most, however many connections fail, and what it answers
/// is remembered for the connections that follow. Thread-safe: all loops share it.
class Inquiries {
 public:
  /// True: it has not been asked, and is by the caller now. A caller that is destroyed meanwhile learns
  /// nothing, and neither does anybody after it: connections that come and go cause no more than one question
  /// either.
  bool begin(const Endpoint& gateway);

  /// `sentence`: what it is; empty: it did not say.
  void answered(const Endpoint& gateway, std::string sentence);

  /// It speaks TLS: what it said before no longer holds. Costs nothing as long as nobody was asked.
  void verified(const Endpoint& gateway);

  /// Empty: nothing is known.
  std::string answer(const Endpoint& gateway) const;

 private:
  std::atomic<bool> asked_ = false;  // somebody was
  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;  // of those that need not be asked, by Endpoint::to_string()
};

}  // namespace persona::forward
