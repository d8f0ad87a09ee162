#include "persona/host/service_process.hpp"

namespace persona::host {

// There is never a ServiceProcess: run() alone makes one, and always fails here.
struct ServiceProcess::Impl {};

Result<void> ServiceProcess::run(const std::string& name,
                                 const std::function<ServiceExit(ServiceProcess&)>& body) {
  static_cast<void>(body);
  return fail(
      ErrorKind::configuration,
      "--service is for the Service Control Manager of Windows: leave it out (persona service install "
      "--name {} prints a unit for systemd)",
      name);
}

void ServiceProcess::report(log::Level level, std::string_view text) {
  static_cast<void>(level);
  static_cast<void>(text);
}

void ServiceProcess::running(
    Orders orders) {  // NOLINT(performance-unnecessary-value-param): its twin keeps them
  static_cast<void>(orders);
}

void ServiceProcess::forget() {}

}  // namespace persona::host
