#include <windows.h>
// after windows.h
#include <chrono>
#include <psapi.h>

#include "persona/host/process_usage.hpp"

namespace persona::host {

namespace {

/// FILETIME: units of 100 ns.
double file_time_seconds(const FILETIME& time) {
  const ULARGE_INTEGER units{{time.dwLowDateTime, time.dwHighDateTime}};
  return static_cast<double>(units.QuadPart) / 1e7;
}

constexpr double seconds_from_1601_to_1970 = 11'644'473'600;

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  const HANDLE process = GetCurrentProcess();
  FILETIME created{};
  FILETIME exited{};
  FILETIME in_system{};
  FILETIME in_user{};
  if (GetProcessTimes(process, &created, &exited, &in_system, &in_user) != 0) {
    usage.started = file_time_seconds(created) - seconds_from_1601_to_1970;
    usage.cpu_seconds = file_time_seconds(in_system) + file_time_seconds(in_user);
  }
  PROCESS_MEMORY_COUNTERS_EX memory{};
  if (K32GetProcessMemoryInfo(process, reinterpret_cast<PROCESS_MEMORY_COUNTERS*>(&memory), sizeof(memory)) !=
      0) {
    usage.resident_memory = memory.WorkingSetSize;
    if (memory.PrivateUsage != 0) {  // Wine 8 does not tell
      usage.virtual_memory = memory.PrivateUsage;
    }
  }
  DWORD handles = 0;
  if (GetProcessHandleCount(process, &handles) != 0) {
    usage.open_descriptors = handles;
  }
  return usage;
}

}  // namespace persona::host
