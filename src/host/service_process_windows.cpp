#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <windows.h>

#include "persona/base/event_log.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/host/service_process.hpp"

namespace persona::host {

namespace {

constexpr std::chrono::seconds tick{1};
constexpr DWORD wait_hint_ms = 15'000;
// A start that takes longer than this hangs: whoever waits for it must learn that.
constexpr unsigned most_start_ticks = 600;

constexpr DWORD accepted_controls =
    SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE;

}  // namespace

struct ServiceProcess::Impl {
  std::string name;
  const std::function<ServiceExit(ServiceProcess&)>* body = nullptr;
  SERVICE_STATUS_HANDLE handle = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  SERVICE_STATUS status{};
  Orders orders;
  unsigned ticks = 0;

  bool is_pending() const {
    return status.dwCurrentState == SERVICE_START_PENDING || status.dwCurrentState == SERVICE_STOP_PENDING;
  }

  // In the following, the lock is held.

  void tell() {
    // Fails when the Service Control Manager has gone, and then there is nobody to report it to.
    static_cast<void>(SetServiceStatus(handle, &status));
  }

  void enter(DWORD state) {
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? accepted_controls : 0;
    status.dwCheckPoint = is_pending() ? 1 : 0;
    status.dwWaitHint = is_pending() ? wait_hint_ms : 0;
    ticks = 0;
    tell();
    changed.notify_all();
  }
};

/// What the Service Control Manager calls.
struct ServiceHost {
  using Impl = ServiceProcess::Impl;

  static Impl* only;  // ServiceMain gets no context; a process has one service

  static DWORD WINAPI control(DWORD control, DWORD, LPVOID, LPVOID context) {
    Impl& impl = *static_cast<Impl*>(context);
    const std::lock_guard lock(impl.mutex);
    switch (control) {
      case SERVICE_CONTROL_STOP:
      case SERVICE_CONTROL_SHUTDOWN:
      case SERVICE_CONTROL_PRESHUTDOWN:
        if (impl.status.dwCurrentState == SERVICE_RUNNING) {
          impl.enter(SERVICE_STOP_PENDING);
          if (impl.orders.stop) {
            impl.orders.stop();
          }
        }
        return NO_ERROR;
      case SERVICE_CONTROL_PARAMCHANGE:
        if (impl.orders.reload) {
          impl.orders.reload();
        }
        return NO_ERROR;
      case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
      default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
  }

  /// Reports progress of what is pending, until the service has stopped.
  static void keep_ticking(Impl& impl) {
    std::unique_lock lock(impl.mutex);
    while (impl.status.dwCurrentState != SERVICE_STOPPED) {
      impl.changed.wait_for(lock, tick);
      const bool hangs =
          impl.status.dwCurrentState == SERVICE_START_PENDING && impl.ticks >= most_start_ticks;
      if (impl.is_pending() && !hangs) {
        ++impl.ticks;
        ++impl.status.dwCheckPoint;
        impl.tell();
      }
    }
  }

  static ServiceExit run_body(Impl& impl) {
    ServiceProcess process(impl);
    try {
      return (*impl.body)(process);
    } catch (const std::exception& error) {
      process.report(log::Level::error, fmt::format("persona: {}", error.what()));
      return ServiceExit::failure;
    }
  }

  static VOID WINAPI main(DWORD, LPWSTR*) {
    Impl& impl = *only;
    impl.handle = RegisterServiceCtrlHandlerExW(to_wide(impl.name).c_str(), &control, &impl);
    if (impl.handle == nullptr) {
      static_cast<void>(log::report_event(  // there is nobody else to tell
          impl.name, log::Level::error,
          "persona: cannot follow the Service Control Manager: " + windows_error_words(GetLastError())));
      return;
    }
    {
      const std::lock_guard lock(impl.mutex);
      impl.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
      impl.enter(SERVICE_START_PENDING);
    }
    std::thread ticking;
    try {
      ticking = std::thread([&impl] { keep_ticking(impl); });
    } catch (const std::system_error&) {  // a system out of threads: a slow start may be taken for a hang
    }
    const ServiceExit end = run_body(impl);
    {
      const std::lock_guard lock(impl.mutex);
      if (impl.status.dwCurrentState == SERVICE_RUNNING) {
        impl.enter(SERVICE_STOP_PENDING);  // it ended by itself
      }
      impl.status.dwCurrentState = SERVICE_STOPPED;  // the thread must end before this is reported
    }
    impl.changed.notify_all();
    if (ticking.joinable()) {
      ticking.join();
    }
    // Once this is reported the process may end at any time.
    const std::lock_guard lock(impl.mutex);
    impl.status.dwWin32ExitCode = end == ServiceExit::done ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
    impl.status.dwServiceSpecificExitCode = static_cast<DWORD>(end);
    impl.enter(SERVICE_STOPPED);
  }
};

ServiceHost::Impl* ServiceHost::only = nullptr;

Result<void> ServiceProcess::run(const std::string& name,
                                 const std::function<ServiceExit(ServiceProcess&)>& body) {
  log::use_event_log(name);
  // Never freed: the thread of ServiceMain may still be leaving it when the dispatcher returns.
  Impl& impl = *new Impl;
  impl.name = name;
  impl.body = &body;
  ServiceHost::only = &impl;
  std::wstring wide = to_wide(name);
  const SERVICE_TABLE_ENTRYW table[] = {{wide.data(), &ServiceHost::main}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(table) == 0) {
    if (GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
      return fail(
          ErrorKind::configuration,
          "--service is for the Service Control Manager, which has not started this process: use persona "
          "service start --name {}, or persona run without --service",
          name);
    }
    return fail(ErrorKind::network, "cannot reach the Service Control Manager: {}",
                windows_error_words(GetLastError()));
  }
  return {};
}

void ServiceProcess::report(log::Level level, std::string_view text) {
  static_cast<void>(log::report_event(impl_.name, level, text));  // there is nobody else to tell
}

void ServiceProcess::running(Orders orders) {
  const std::lock_guard lock(impl_.mutex);
  impl_.orders = std::move(orders);
  impl_.enter(SERVICE_RUNNING);
}

void ServiceProcess::forget() {
  const std::lock_guard lock(impl_.mutex);
  impl_.orders = {};
}

}  // namespace persona::host
