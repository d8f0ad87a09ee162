// How a forwarding process ended: its exit code, and what it reports to the Service Control Manager.
#pragma once

#include <cstdint>
#include <string>

namespace persona::host {

/// The numbers are the service-specific exit codes of Windows services (ERROR_SERVICE_SPECIFIC_ERROR), which
/// administrators and monitoring see: they never change.
enum class ServiceExit : std::uint32_t {
  done = 0,           ///< drained; no error for the Service Control Manager
  failure = 1,        ///< a runtime failure
  configuration = 2,  ///< the configuration, or a file that it names
  address =
      3,  ///< an address to listen on: in use, not permitted, or not this machine's; the Event Log says which
};

/// How persona ended, in words that say what to do; also for codes that are not ours.
std::string service_exit_in_words(std::uint32_t code);

}  // namespace persona::host
