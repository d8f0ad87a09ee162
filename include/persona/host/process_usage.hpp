// What this process takes of the machine: the process_* metrics of Prometheus' client libraries.
#pragma once

#include <cstdint>
#include <optional>

namespace persona::host {

/// What the system does not tell is absent.
struct ProcessUsage {
  double started = 0;                             ///< seconds since 1970
  std::optional<double> cpu_seconds;              ///< of all threads, in user and in system mode
  std::optional<std::uint64_t> resident_memory;   ///< bytes
  std::optional<std::uint64_t> virtual_memory;    ///< bytes; on Windows what is committed
  std::optional<std::uint64_t> open_descriptors;  ///< on Windows: handles
  std::optional<std::uint64_t> most_descriptors;  ///< how many there may be
};

// Platform: host/process_usage_posix.cpp, host/process_usage_windows.cpp.

/// As it is now. Asks the kernel and no disk; before Linux 6.2 it takes longer the more descriptors are open,
/// 4 ms for 10,000. Any thread.
ProcessUsage process_usage();

}  // namespace persona::host
