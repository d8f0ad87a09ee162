// What started `persona run`: it learns how that goes, and orders it to stop, to reload and to open log
// files again.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notices.hpp"
#include "overrides.hpp"
#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/host/notifier.hpp"
#include "persona/host/service_exit.hpp"
#include "persona/host/service_process.hpp"
#include "persona/net/child.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/signals.hpp"
#include "start.hpp"

namespace persona::cli {

/// All calls come from the thread that runs the main loop.
class Supervisor {
 public:
  virtual ~Supervisor() = default;

  /// Why it does not start, or not go on: to be seen whether or not a log could be opened. `text` has its
  /// line ends.
  virtual void show(std::string_view text) = 0;

  /// Everything is listening. From now on `orders` and `vitals` are called, on the loop's thread, which is
  /// about to run.
  virtual Result<void> ready(net::Loop& loop, host::Orders orders, Vitals vitals) = 0;

  /// An order to reload is carried out; has been: `refusal` says in a line why not, or is empty. See
  /// ReloadRound.
  virtual void reloading() {}
  virtual void reloaded(const std::string& refusal) { static_cast<void>(refusal); }

  /// No more connections come.
  virtual void draining() {}

  /// For the environment of a process that is to take the place of this one.
  virtual net::Child::Variables for_successor() const { return {}; }

  /// That process has; what this one does from now on is its own affair.
  virtual void handed_over(int process) { static_cast<void>(process); }

  /// No more orders: the loop is about to end.
  virtual void forget() = 0;
};

/// A terminal, or whatever else sends signals and reads standard error; also systemd, which is told more.
class Console final : public Supervisor {
 public:
  /// Before there is another thread (host::Notifier). From now on nothing that asks for a reload or for new
  /// log files ends the process.
  Console();

  void show(std::string_view text) override;
  Result<void> ready(net::Loop& loop, host::Orders orders, Vitals vitals) override;
  void reloading() override;
  void reloaded(const std::string& refusal) override;
  void draining() override;
  net::Child::Variables for_successor() const override { return notifier_.for_successor(); }
  void handed_over(int process) override;
  void forget() override;

 private:
  host::Notifier notifier_;
  std::optional<Notices> notices_;  // from ready() on, if anybody listens
  std::vector<net::HandlePtr<net::SignalWatcher>> signals_;
};

/// The Service Control Manager, and the Event Log.
class ServiceControl final : public Supervisor {
 public:
  explicit ServiceControl(host::ServiceProcess& process) : process_(process) {}

  void show(std::string_view text) override;
  Result<void> ready(net::Loop& loop, host::Orders orders, Vitals vitals) override;
  void forget() override { process_.forget(); }

 private:
  host::ServiceProcess& process_;
};

/// Forwards until told to stop; `persona run`, whoever started it.
host::ServiceExit forward_until_stopped(const std::filesystem::path& config, const Overrides& overrides,
                                        Supervisor& supervisor, Start start = {});

/// The exit code of the process.
int exit_code(host::ServiceExit end);

}  // namespace persona::cli
