#include <algorithm>
#include <utility>

#include "persona/base/event_log.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/host/service_manager.hpp"
#include "persona/host/service_name.hpp"
#include "service_control_windows.hpp"

namespace persona::host {

namespace {

using namespace std::chrono_literals;

// Longer than any start that makes progress, and than most drains, which have a bound of their own as well.
constexpr std::chrono::milliseconds most_start = 10min;
constexpr std::chrono::milliseconds most_stop = 10min;

void say_where_to_look(const std::string& name, const ServiceCommand& command, const Say& say) {
  say("Its messages are in the Event Log (Application, source " + name + "):");
  say(fmt::format(R"(  wevtutil qe Application /c:3 /rd:true /f:text /q:"*[System[Provider[@Name='{}']]]")",
                  name));
  say("What is wrong with its configuration, if anything:");
  say(fmt::format("  persona check --config \"{}\"", command.config));
  say(std::string("Windows tries it again ") + restarts_in_words + '.');
}

Result<void> stop(const OurService& service, const std::string& name, const Say& say) {
  SC_HANDLE handle = service.handle.get();
  // Its handler reports that it is stopping before the order is answered.
  const auto no_longer_stopping = [](DWORD state) { return state != SERVICE_STOP_PENDING; };
  // While it starts it accepts no orders.
  auto status = wait_until(
      handle, name, [](DWORD state) { return state != SERVICE_START_PENDING; }, most_start,
      [&](long long seconds) { say(fmt::format("{} is still starting ({} s)", name, seconds)); });
  if (!status) {
    return tl::unexpected(status.error());
  }
  if (status->dwCurrentState == SERVICE_STOPPED) {
    say(name + " is not running");
    return {};
  }
  if (status->dwCurrentState != SERVICE_STOP_PENDING) {
    SERVICE_STATUS ignored{};
    if (ControlService(handle, SERVICE_CONTROL_STOP, &ignored) == 0 &&
        GetLastError() != ERROR_SERVICE_NOT_ACTIVE) {
      return cannot("stop", name, GetLastError(), "SERVICE_STOP");
    }
  }
  status = wait_until(
      handle, name, no_longer_stopping, std::max(most_stop, preshutdown_timeout(handle)), [&](auto seconds) {
        say(fmt::format("{} is draining: it waits for connections to end ({} s)", name, seconds));
      });
  if (!status) {
    return tl::unexpected(status.error());
  }
  if (status->dwCurrentState != SERVICE_STOPPED) {
    return fail(ErrorKind::network, "{} has stopped, but was started again meanwhile", name);
  }
  const bool is_clean = status->dwWin32ExitCode == NO_ERROR;
  say(is_clean ? name + " has stopped" : fmt::format("{} has stopped: {}", name, end_in_words(*status)));
  return {};
}

Result<void> start(const OurService& service, const std::string& name, const Say& say) {
  SC_HANDLE handle = service.handle.get();
  const auto going_on = [&](const char* what) {
    return [&, what](long long seconds) { say(fmt::format("{} is still {} ({} s)", name, what, seconds)); };
  };
  auto status = wait_until(
      handle, name, [](DWORD state) { return state != SERVICE_STOP_PENDING; }, most_stop,
      going_on("stopping"));
  if (!status) {
    return tl::unexpected(status.error());
  }
  if (status->dwCurrentState == SERVICE_RUNNING) {
    say(fmt::format("{} is already running (process {})", name, status->dwProcessId));
    return {};
  }
  if (status->dwCurrentState == SERVICE_STOPPED && StartServiceW(handle, 0, nullptr) == 0) {
    const DWORD error = GetLastError();
    if (error == ERROR_ACCESS_DENIED) {  // the handle has the right to start it
      return fail(ErrorKind::network,
                  "cannot start {}: access denied: its account {} must be allowed to read and run {}", name,
                  service.configuration.account, service.command().program);
    }
    if (error != ERROR_SERVICE_ALREADY_RUNNING) {
      return cannot("start", name, error, "SERVICE_START");
    }
  }
  status = wait_until(
      handle, name, [](DWORD state) { return state == SERVICE_RUNNING || state == SERVICE_STOPPED; },
      most_start, going_on("starting"));
  if (!status) {
    return tl::unexpected(status.error());
  }
  if (status->dwCurrentState == SERVICE_RUNNING) {
    say(fmt::format("{} is running (process {})", name, status->dwProcessId));
    return {};
  }
  say_where_to_look(name, service.command(), say);
  return fail(ErrorKind::network, "{} did not start: {}", name, end_in_words(*status));
}

std::string start_in_words(const ServiceConfiguration& configuration) {
  switch (configuration.start) {
    case SERVICE_AUTO_START:
      return configuration.is_delayed ? "automatic, delayed" : "automatic";
    case SERVICE_DEMAND_START:
      return "manual";
    case SERVICE_DISABLED:
      return "disabled";
    default:
      return fmt::format("{}", configuration.start);
  }
}

}  // namespace

Manager service_manager() {
  return Manager::windows;
}

Result<void> uninstall_service(const std::string& name, const Say& say) {
  auto service = open_ours(name, {SERVICE_STOP | DELETE, "SERVICE_STOP and DELETE"});
  if (!service) {
    return tl::unexpected(service.error());
  }
  if (auto stopped = stop(*service, name, say); !stopped) {
    return fail(stopped.error().kind, "{}; nothing was uninstalled", stopped.error().message);
  }
  if (DeleteService(service->handle.get()) == 0) {
    return cannot("uninstall", name, GetLastError(), "DELETE");
  }
  say("uninstalled " + name);
  if (auto removed = log::unregister_event_source(name); !removed) {
    say("warning: " + removed.error().message);
  }
  return {};
}

Result<void> start_service(const std::string& name, const Say& say) {
  const auto service = open_ours(name, PERSONA_RIGHT(SERVICE_START));
  return service ? start(*service, name, say) : tl::unexpected(service.error());
}

Result<void> stop_service(const std::string& name, const Say& say) {
  const auto service = open_ours(name, PERSONA_RIGHT(SERVICE_STOP));
  return service ? stop(*service, name, say) : tl::unexpected(service.error());
}

Result<void> restart_service(const std::string& name, const Say& say) {
  const auto service = open_ours(name, {SERVICE_START | SERVICE_STOP, "SERVICE_START and SERVICE_STOP"});
  if (!service) {
    return tl::unexpected(service.error());
  }
  if (auto stopped = stop(*service, name, say); !stopped) {
    return stopped;
  }
  return start(*service, name, say);
}

Result<void> reload_service(const std::string& name, const Say& say) {
  const auto service = open_ours(name, PERSONA_RIGHT(SERVICE_PAUSE_CONTINUE));
  if (!service) {
    return tl::unexpected(service.error());
  }
  SERVICE_STATUS ignored{};
  if (ControlService(service->handle.get(), SERVICE_CONTROL_PARAMCHANGE, &ignored) == 0) {
    const DWORD error = GetLastError();
    if (error == ERROR_SERVICE_NOT_ACTIVE || error == ERROR_SERVICE_CANNOT_ACCEPT_CTRL) {
      return fail(ErrorKind::network, "cannot reload {}: it is not running", name);
    }
    return cannot("reload", name, error, "SERVICE_PAUSE_CONTINUE");
  }
  say(name + " was asked to reload: the result is in its log");
  return {};
}

Result<bool> show_service(const std::string& name, const Say& say) {
  const auto service = open_ours(name, {0, "SERVICE_QUERY_STATUS"});
  if (!service) {
    return tl::unexpected(service.error());
  }
  const auto status = query_status(service->handle.get(), name);
  if (!status) {
    return tl::unexpected(status.error());
  }
  const std::string state = state_in_words(status->dwCurrentState);
  say(status->dwProcessId == 0 ? fmt::format("{}: {}", name, state)
                               : fmt::format("{}: {} (process {})", name, state, status->dwProcessId));
  if (status->dwCurrentState == SERVICE_STOPPED) {
    say("  last end    " + end_in_words(*status));
  }
  say("  start       " + start_in_words(service->configuration));
  say("  account     " + service->configuration.account);
  say("  config      " + service->command().config);
  say("  program     " + service->command().program);
  return status->dwCurrentState == SERVICE_RUNNING;
}

Result<void> list_services(const Say& say) {
  auto manager = open_manager(PERSONA_RIGHT(SC_MANAGER_ENUMERATE_SERVICE));
  if (!manager) {
    return tl::unexpected(manager.error());
  }
  // One call gives at most 256 KiB; what does not fit comes with the next.
  std::vector<std::uint64_t> buffer(32 * 1024);
  DWORD resume = 0;
  bool more = true;
  bool any = false;
  while (more) {
    DWORD needed = 0;
    DWORD count = 0;
    more = EnumServicesStatusExW(manager->get(), SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL,
                                 reinterpret_cast<BYTE*>(buffer.data()),
                                 static_cast<DWORD>(buffer.size() * sizeof buffer[0]), &needed, &count,
                                 &resume, nullptr) == 0;
    if (more && GetLastError() != ERROR_MORE_DATA) {
      return cannot("list", "services", GetLastError(), "SC_MANAGER_ENUMERATE_SERVICE");
    }
    const auto* found = reinterpret_cast<const ENUM_SERVICE_STATUS_PROCESSW*>(buffer.data());
    for (DWORD index = 0; index < count; ++index) {
      const std::string name = from_wide(found[index].lpServiceName);
      const ServiceHandle service(
          OpenServiceW(manager->get(), found[index].lpServiceName, SERVICE_QUERY_CONFIG));
      if (service == nullptr) {
        continue;  // not visible to us, so not ours
      }
      const auto configuration = query_configuration(service.get(), name);
      if (!configuration || !configuration->command) {
        continue;
      }
      if (!std::exchange(any, true)) {
        say(fmt::format("{:<20} {:<9} {:<19} {:<28} {}", "NAME", "STATE", "START", "ACCOUNT", "CONFIG"));
      }
      say(fmt::format("{:<20} {:<9} {:<19} {:<28} {}", name,
                      state_in_words(found[index].ServiceStatusProcess.dwCurrentState),
                      start_in_words(*configuration), configuration->account,
                      configuration->command->config));
    }
  }
  if (!any) {
    say("no persona services: persona service install --help says how to install one");
  }
  return {};
}

}  // namespace persona::host
