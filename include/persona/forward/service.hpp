// What the connections of one configured service share.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/failure_log.hpp"
#include "persona/forward/generation.hpp"

namespace persona::forward {

/// Name, mode and log stay for life; the generation is replaced by reloads. Shared by all loops, thread-safe.
class Service {
 public:
  static Result<std::shared_ptr<Service>> create(Material material, std::shared_ptr<log::Logger> logger);

  const std::string& name() const { return name_; }
  config::Mode mode() const { return mode_; }
  log::Logger& logger() const { return *logger_; }
  FailureLog& failures() { return failures_; }

  /// For a new connection, which keeps it.
  std::shared_ptr<const Generation> current() const;

  /// New connections use `next` from now on. Name and mode must be the same.
  void replace(std::shared_ptr<const Generation> next);

  /// Counts a connection in; false when there are `limit` already (limits.connections).
  bool enter(std::size_t limit);
  void leave() { --live_; }
  std::size_t live() const { return live_; }

 private:
  Service(std::shared_ptr<const Generation> first, std::shared_ptr<log::Logger> logger);

  std::string name_;
  config::Mode mode_;
  std::shared_ptr<log::Logger> logger_;
  FailureLog failures_;
  mutable std::mutex mutex_;  // of current_; taken once for each connection accepted
  std::shared_ptr<const Generation> current_;
  std::atomic<std::size_t> live_ = 0;
};

}  // namespace persona::forward
