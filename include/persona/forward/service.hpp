// What the connections of one configured service share.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/failure_log.hpp"
#include "persona/forward/generation.hpp"
#include "persona/x509/time.hpp"

namespace persona::forward {

/// How the last reload went, for metrics and the status.
struct ReloadStatus {
  bool last_successful = true;     ///< the start counts as one
  x509::TimePoint last_success{};  ///< when what is in use came into use, or was found to be up to date
  std::string last_error;          ///< why the last one was refused; empty when it was not
  bool newer_on_disk = false;      ///< the files are not what is in use
  std::vector<std::string> restart_needed;  ///< keys of the configuration that wait for a restart
};

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

  ReloadStatus reload_status() const;
  void set_reload_status(ReloadStatus status);

  /// A gateway has shown this certificate.
  void saw_gateway(const Endpoint& target, const std::string& name, x509::TimePoint not_after);

  /// Of the certificates in use, and of those that the gateways have shown last.
  std::vector<Expiry> expiries() const;

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
  mutable std::mutex mutex_;  // of the three below; taken a few times in a connection's life
  std::shared_ptr<const Generation> current_;
  ReloadStatus reload_status_;
  std::map<std::string, Expiry> gateways_;  // by target
  std::atomic<std::size_t> live_ = 0;
};

}  // namespace persona::forward
