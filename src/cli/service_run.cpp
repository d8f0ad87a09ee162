// persona run --service: the same, started by the Service Control Manager.
#include <cstdio>

#include "commands.hpp"
#include "persona/host/service_process.hpp"
#include "persona/x509/crypto.hpp"
#include "supervisor.hpp"

namespace persona::cli {

int run_as_service(const std::filesystem::path& config, const Overrides& overrides, const std::string& name) {
  host::ServiceExit end = host::ServiceExit::failure;
  const auto served = host::ServiceProcess::run(name, [&](host::ServiceProcess& process) {
    ServiceControl control(process);
    if (auto ready = x509::initialise_crypto(); !ready) {
      control.show(fmt::format("persona: {}\n", ready.error().message));
      return end;
    }
    end = forward_until_stopped(config, overrides, control);
    return end;
  });
  if (!served) {
    std::fprintf(stderr, "persona: %s\n", served.error().message.c_str());
    return served.error().kind == ErrorKind::configuration ? exit_usage : exit_failure;
  }
  return exit_code(end);
}

}  // namespace persona::cli
