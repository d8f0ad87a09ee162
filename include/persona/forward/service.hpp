// What the connections of one configured service share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/counters.hpp"
#include "persona/forward/failure_log.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/places.hpp"
#include "persona/forward/recent_failures.hpp"
#include "persona/x509/time.hpp"

namespace persona::forward {

/// The result of the last reload, for metrics and status.
struct ReloadStatus {
  bool last_successful = true;              ///< the start counts as a reload
  x509::TimePoint last_success{};           ///< when the running generation was put into use
  std::string last_error;                   ///< why the last one was refused; empty if it was not
  bool newer_on_disk = false;               ///< the files differ from what is in use
  std::vector<std::string> restart_needed;  ///< changed configuration keys that take effect after a restart
};

/// Name, mode and log never change; reloads replace the generation. Shared by all loops; thread-safe.
class Service {
 public:
  /// `audit`: gets a line for each decision about a peer or client; null: nothing does.
  static Result<std::shared_ptr<Service>> create(Material material, std::shared_ptr<log::Logger> logger,
                                                 std::shared_ptr<log::Logger> audit = nullptr);

  const std::string& name() const { return name_; }
  config::Mode mode() const { return mode_; }
  log::Logger& logger() const { return *logger_; }
  log::Logger* audit() const { return audit_.get(); }  ///< may be null
  FailureLog& failures() { return failures_; }
  RecentFailures& recent_failures() { return recent_failures_; }
  const RecentFailures& recent_failures() const { return recent_failures_; }

  /// Log files may have been renamed (logrotate).
  void reopen_logs() const;

  /// A new connection takes this one and keeps it.
  std::shared_ptr<const Generation> current() const;

  /// New connections use `next` from now on. Its name and mode must be the same.
  void replace(std::shared_ptr<const Generation> next);

  ReloadStatus reload_status() const;
  void set_reload_status(ReloadStatus status);

  /// Records the certificate that a gateway presented.
  void saw_gateway(const Endpoint& target, Expiry leaf);

  /// Logs what is odd about the certificates of a verified peer of `connection`, each sentence once.
  void saw_oddities(const std::vector<trust::Oddity>& oddities, std::uint64_t connection);

  /// Of the certificates in use, and of those that the gateways presented last.
  std::vector<Expiry> expiries() const;

  /// Every connection has one from before it is made until it is freed.
  Places& places() { return places_; }

  /// What is counted for /metrics.
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

  /// Connections that are open or being set up.
  std::size_t live() const { return places_.count(); }

 private:
  Service(std::shared_ptr<const Generation> first, std::shared_ptr<log::Logger> logger,
          std::shared_ptr<log::Logger> audit);

  std::string name_;
  config::Mode mode_;
  std::shared_ptr<log::Logger> logger_;
  std::shared_ptr<log::Logger> audit_;
  FailureLog failures_;
  RecentFailures recent_failures_;
  mutable std::mutex mutex_;  // guards the four below; locked only a few times per connection
  std::shared_ptr<const Generation> current_;
  ReloadStatus reload_status_;
  std::map<std::string, Expiry> gateways_;  // by target
  std::set<std::string> told_oddities_;     // sentences; bounded
  Places places_;
  Counters counters_;
};

}  // namespace persona::forward
