// What started `persona run`: it learns how that goes, and orders it to stop, to reload and to open log
// files again.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/host/service_exit.hpp"
#include "persona/host/service_process.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/signals.hpp"

namespace persona::cli {

/// All calls come from the thread that runs the main loop.
class Supervisor {
 public:
  virtual ~Supervisor() = default;

  /// Why it does not start, or not go on: to be seen whether or not a log could be opened. `text` has its
  /// line ends.
  virtual void show(std::string_view text) = 0;

  /// Everything is listening. From now on `orders` are called, on the loop's thread, which is about to run.
  virtual Result<void> ready(net::Loop& loop, host::Orders orders) = 0;

  /// No more orders: the loop is about to end.
  virtual void forget() = 0;
};

/// A terminal, or whatever else sends signals and reads standard error.
class Console final : public Supervisor {
 public:
  /// From now on nothing that asks for a reload or for new log files ends the process.
  Console();

  void show(std::string_view text) override;
  Result<void> ready(net::Loop& loop, host::Orders orders) override;
  void forget() override { signals_.clear(); }

 private:
  std::vector<net::HandlePtr<net::SignalWatcher>> signals_;
};

/// The Service Control Manager, and the Event Log.
class ServiceControl final : public Supervisor {
 public:
  explicit ServiceControl(host::ServiceProcess& process) : process_(process) {}

  void show(std::string_view text) override;
  Result<void> ready(net::Loop& loop, host::Orders orders) override;
  void forget() override { process_.forget(); }

 private:
  host::ServiceProcess& process_;
};

/// Forwards until told to stop; `persona run`, whoever started it.
host::ServiceExit forward_until_stopped(const std::filesystem::path& config, Supervisor& supervisor);

/// The exit code of the process.
int exit_code(host::ServiceExit end);

}  // namespace persona::cli
