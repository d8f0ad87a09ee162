#include "service_control_windows.hpp"

#include <algorithm>
#include <vector>

#include "persona/base/wide_windows.hpp"
#include "persona/host/service_exit.hpp"

namespace persona::host {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds poll_interval{100};
constexpr milliseconds between_words{5'000};
// A service that has reported nothing for this long, and for longer than it asked for, hangs.
constexpr milliseconds shortest_patience{30'000};

}  // namespace

tl::unexpected<Error> cannot(const std::string& action, const std::string& name, DWORD error,
                             const char* right) {
  switch (error) {
    case ERROR_ACCESS_DENIED:
      return fail(
          ErrorKind::network,
          "cannot {} {}: access denied: it needs an administrator's right {}: use a prompt opened with \"Run "
          "as administrator\"",
          action, name, right);
    case ERROR_SERVICE_DOES_NOT_EXIST:
      return fail(ErrorKind::configuration,
                  "there is no service {}: persona service list shows those that exist", name);
    case ERROR_SERVICE_MARKED_FOR_DELETE:
      return fail(
          ErrorKind::network,
          "{} is being deleted: close what still has it open (the Services console, Task Manager), then try "
          "again",
          name);
    case ERROR_DUPLICATE_SERVICE_NAME:
      return fail(ErrorKind::configuration,
                  "cannot {} {}: another service has that display name: choose another --display", action,
                  name);
    case ERROR_INVALID_SERVICE_ACCOUNT:
      return fail(ErrorKind::configuration,
                  "cannot {} {}: the account does not exist, or its password is wrong: see --account and "
                  "--password-file",
                  action, name);
    case ERROR_SERVICE_LOGON_FAILED:
      return fail(
          ErrorKind::network,
          "cannot {} {}: its account cannot log on: the password is wrong or has expired, or the account "
          "lacks the right \"Log on as a service\" (secpol.msc, Local Policies, User Rights Assignment)",
          action, name);
    default:
      return fail(ErrorKind::network, "cannot {} {}: {}", action, name, windows_error_words(error));
  }
}

Result<ServiceHandle> open_manager(Right right) {
  ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT | right.mask));
  if (manager == nullptr) {
    return cannot("open", "the Service Control Manager", GetLastError(), right.name);
  }
  return manager;
}

Result<ServiceConfiguration> query_configuration(SC_HANDLE service, const std::string& name) {
  std::vector<std::uint64_t> buffer(1024);  // 8 KiB: the documented maximum
  auto* found = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data());
  DWORD size = static_cast<DWORD>(buffer.size() * sizeof buffer[0]);
  if (QueryServiceConfigW(service, found, size, &size) == 0) {
    return cannot("query", name, GetLastError(), "SERVICE_QUERY_CONFIG");
  }
  ServiceConfiguration configuration;
  configuration.image_path = from_wide(found->lpBinaryPathName == nullptr ? L"" : found->lpBinaryPathName);
  configuration.account = from_wide(found->lpServiceStartName == nullptr ? L"" : found->lpServiceStartName);
  configuration.start = found->dwStartType;
  configuration.command = ServiceCommand::parse(configuration.image_path, name);
  SERVICE_DELAYED_AUTO_START_INFO delayed{};
  if (QueryServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, reinterpret_cast<BYTE*>(&delayed),
                           sizeof delayed, &size) != 0) {
    configuration.is_delayed = delayed.fDelayedAutostart != 0;
  }
  return configuration;
}

Result<SERVICE_STATUS_PROCESS> query_status(SC_HANDLE service, const std::string& name) {
  SERVICE_STATUS_PROCESS status{};
  DWORD size = sizeof status;
  if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), size, &size) ==
      0) {
    return cannot("query", name, GetLastError(), "SERVICE_QUERY_STATUS");
  }
  return status;
}

milliseconds preshutdown_timeout(SC_HANDLE service) {
  SERVICE_PRESHUTDOWN_INFO info{};
  DWORD size = sizeof info;
  if (QueryServiceConfig2W(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, reinterpret_cast<BYTE*>(&info), size,
                           &size) == 0) {
    return {};
  }
  return milliseconds(info.dwPreshutdownTimeout);
}

Result<OurService> open_ours(const std::string& name, Right right) {
  auto manager = open_manager(PERSONA_RIGHT(SC_MANAGER_CONNECT));
  if (!manager) {
    return tl::unexpected(manager.error());
  }
  const std::wstring wide = to_wide(name);
  constexpr DWORD look = SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS;
  ServiceHandle handle(OpenServiceW(manager->get(), wide.c_str(), look));
  if (handle == nullptr) {
    return cannot("query", name, GetLastError(), "SERVICE_QUERY_CONFIG");
  }
  auto configuration = query_configuration(handle.get(), name);
  if (!configuration) {
    return tl::unexpected(configuration.error());
  }
  if (!configuration->command) {
    return fail(ErrorKind::configuration, "{} is not a persona service, so it is left alone: it runs {}",
                name, configuration->image_path);
  }
  ServiceHandle with_right(OpenServiceW(manager->get(), wide.c_str(), look | right.mask));
  if (with_right == nullptr) {
    return cannot("open", name, GetLastError(), right.name);
  }
  return OurService{std::move(with_right), std::move(*configuration)};
}

Result<SERVICE_STATUS_PROCESS> wait_until(SC_HANDLE service, const std::string& name,
                                          const std::function<bool(DWORD state)>& is_reached,
                                          milliseconds most,
                                          const std::function<void(long long seconds)>& going_on) {
  const auto begun = steady_clock::now();
  auto progress = begun;
  auto spoken = begun;
  SERVICE_STATUS_PROCESS before{};
  for (;;) {
    const auto status = query_status(service, name);
    if (!status || is_reached(status->dwCurrentState)) {
      return status;
    }
    const auto now = steady_clock::now();
    if (status->dwCheckPoint != before.dwCheckPoint || status->dwCurrentState != before.dwCurrentState) {
      progress = now;
      before = *status;
    }
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now - begun).count();
    const auto patience = std::max(shortest_patience, milliseconds(status->dwWaitHint));
    if (now - progress > patience || now - begun > most) {
      return fail(ErrorKind::network,
                  "{} is still {} after {} s{}: check it again with persona service status", name,
                  state_in_words(status->dwCurrentState), waited,
                  now - progress > patience ? " and no longer reports progress" : "");
    }
    if (now - spoken >= between_words) {
      spoken = now;
      going_on(waited);
    }
    Sleep(static_cast<DWORD>(poll_interval.count()));
  }
}

std::string state_in_words(DWORD state) {
  switch (state) {
    case SERVICE_STOPPED:
      return "stopped";
    case SERVICE_START_PENDING:
      return "starting";
    case SERVICE_STOP_PENDING:
      return "stopping";
    case SERVICE_RUNNING:
      return "running";
    default:
      return fmt::format("in state {}", state);
  }
}

std::string end_in_words(const SERVICE_STATUS_PROCESS& status) {
  switch (status.dwWin32ExitCode) {
    case NO_ERROR:
      return service_exit_in_words(0);
    case ERROR_SERVICE_SPECIFIC_ERROR:
      return service_exit_in_words(status.dwServiceSpecificExitCode);
    case ERROR_SERVICE_NEVER_STARTED:
      return "it has not been started since the system started";
    default:
      return windows_error_words(status.dwWin32ExitCode);
  }
}

}  // namespace persona::host
