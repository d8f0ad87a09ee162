// This process as a Windows service: what it reports to the Service Control Manager, and the orders it gets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "persona/base/log.hpp"
#include "persona/base/result.hpp"
#include "persona/host/service_exit.hpp"

namespace persona::host {

/// Called on a thread of the Service Control Manager, which has no order to reopen logs or to be replaced;
/// each must return at once.
struct Orders {
  std::function<void()> stop;
  std::function<void()> reload;
  std::function<void()> reopen_logs;
  std::function<void()> replace{};  ///< starts the program anew, which takes over
};

/// From START_PENDING to STOPPED. While something is pending, a thread reports progress every second.
/// Thread-safe. Platform: host/service_process_windows.cpp.
class ServiceProcess {
 public:
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  /// Serves `name` until `body`, which is called once on a thread of its own, returns, and reports what it
  /// returns as STOPPED. From now on Loggers without a file write to the Event Log. Fails when the Service
  /// Control Manager has not started this process (ErrorKind::configuration), and on systems without one.
  static Result<void> run(const std::string& name, const std::function<ServiceExit(ServiceProcess&)>& body);

  /// Writes one entry to the Event Log immediately.
  void report(log::Level level, std::string_view text);

  /// RUNNING: everything is listening. From now on orders are accepted; they go to `orders`.
  void running(Orders orders);

  /// After this no order is called.
  void forget();

 private:
  friend struct ServiceHost;
  struct Impl;
  explicit ServiceProcess(Impl& impl) : impl_(impl) {}
  ~ServiceProcess() = default;

  Impl& impl_;
};

}  // namespace persona::host
