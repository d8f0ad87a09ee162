// The Service Control Manager's calls, with their failures in words. Windows only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <windows.h>

#include "command_line.hpp"
#include "persona/base/result.hpp"

namespace persona::host {

struct CloseService {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

/// A right, and its name in messages.
struct Right {
  DWORD mask;
  const char* name;
};
#define PERSONA_RIGHT(name) \
  ::persona::host::Right {  \
    name, #name             \
  }

/// "cannot ACTION: access denied: ..." and the like. `right` is what the call asked for.
tl::unexpected<Error> cannot(const std::string& action, const std::string& name, DWORD error,
                             const char* right);

Result<ServiceHandle> open_manager(Right right);

struct ServiceConfiguration {
  std::string image_path;
  std::string account;
  DWORD start = 0;
  bool is_delayed = false;
  std::optional<ServiceCommand> command;  ///< nothing: not ours
};

Result<ServiceConfiguration> query_configuration(SC_HANDLE service, const std::string& name);
Result<SERVICE_STATUS_PROCESS> query_status(SC_HANDLE service, const std::string& name);

/// How long the system lets it drain when it shuts down; zero when that is not known.
std::chrono::milliseconds preshutdown_timeout(SC_HANDLE service);

/// One of our services and its configuration; open_ours() fails for any other before it asks for the right.
struct OurService {
  ServiceHandle handle;
  ServiceConfiguration configuration;
  const ServiceCommand& command() const { return *configuration.command; }
};
Result<OurService> open_ours(const std::string& name, Right right);

/// Waits until `is_reached`, while checkpoints advance and for `most` at the longest. `going_on` is called
/// every five seconds with the seconds that have passed.
Result<SERVICE_STATUS_PROCESS> wait_until(SC_HANDLE service, const std::string& name,
                                          const std::function<bool(DWORD state)>& is_reached,
                                          std::chrono::milliseconds most,
                                          const std::function<void(long long seconds)>& going_on);

/// "running", "starting", ...
std::string state_in_words(DWORD state);

/// Why it ended.
std::string end_in_words(const SERVICE_STATUS_PROCESS& status);

}  // namespace persona::host
