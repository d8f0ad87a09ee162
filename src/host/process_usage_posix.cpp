#include <array>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open_descriptors.hpp"
#include "persona/host/process.hpp"
#include "persona/host/process_usage.hpp"

namespace persona::host {

namespace {

// When this program's static objects are made, which is when it starts. It never changes with the clock.
const std::chrono::system_clock::time_point start_of_process = std::chrono::system_clock::now();

double in_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// /proc/self/status, which a unit with ProcSubset=pid can read too; empty where there is none.
std::string read_status() {
  std::string text(std::size_t{16} * 1024, '\0');
  const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  const ssize_t size = file < 0 ? 0 : read(file, text.data(), text.size());
  if (file >= 0) {
    close(file);
  }
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

/// The number in a line such as "VmRSS:\t   7340 kB".
std::optional<std::uint64_t> number_of(std::string_view status, std::string_view line) {
  const std::size_t at = status.find(line);
  const std::size_t digits =
      at == std::string_view::npos ? at : status.find_first_not_of(" \t", at + line.size());
  if (digits == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(status.data() + digits, status.data() + status.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> bytes_of(std::string_view status, std::string_view line) {
  const auto kibibytes = number_of(status, line);
  return kibibytes ? std::optional(*kibibytes * 1024) : std::nullopt;
}

/// The size of that folder is the number of its entries since Linux 6.2, and 0 before.
std::optional<std::uint64_t> size_of_descriptor_folder() {
  struct stat folder {};
  return stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0
             ? std::optional(static_cast<std::uint64_t>(folder.st_size))
             : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> count_open_descriptors(std::uint64_t below) {
  std::uint64_t count = 0;
  std::array<pollfd, 1024> some{};
  for (std::uint64_t next = 0; next < below;) {
    nfds_t size = 0;
    while (size < some.size() && next < below) {
      some[size++] = {static_cast<int>(next++), 0, 0};
    }
    if (poll(some.data(), size, 0) < 0) {
      return std::nullopt;
    }
    for (nfds_t i = 0; i < size; ++i) {
      count += (some[i].revents & POLLNVAL) == 0 ? 1 : 0;
    }
  }
  return count;
}

ProcessUsage process_usage() {
  ProcessUsage usage;
  usage.started = std::chrono::duration<double>(start_of_process.time_since_epoch()).count();
  rusage times{};
  if (getrusage(RUSAGE_SELF, &times) == 0) {
    usage.cpu_seconds = in_seconds(times.ru_utime) + in_seconds(times.ru_stime);
  }
  const std::string status = read_status();
  usage.resident_memory = bytes_of(status, "\nVmRSS:");
  usage.virtual_memory = bytes_of(status, "\nVmSize:");
  usage.open_descriptors = size_of_descriptor_folder();
  if (const auto table = number_of(status, "\nFDSize:"); table && !usage.open_descriptors) {
    usage.open_descriptors = count_open_descriptors(*table);
  }
  if (const std::size_t limit = descriptor_limit(); limit != 0) {
    usage.most_descriptors = limit;
  }
  return usage;
}

}  // namespace persona::host
