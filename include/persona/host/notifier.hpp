// What a service tells systemd (sd_notify(3)): datagrams to the socket that NOTIFY_SOCKET names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persona/base/duration.hpp"

namespace persona::host {

/// Platform: host/notifier_posix.cpp; on Windows (host/notifier_windows.cpp) nobody ever listens, because the
/// Service Control Manager has a way of its own (service_process.hpp). Never waits. Any thread.
class Notifier {
 public:
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child takes
  /// itself for the service. While there is one thread: the environment has no lock.
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Does anybody want to know?
  bool is_heard() const { return !address_.empty(); }

  /// A sentence, if somebody did but cannot be told; else empty.
  const std::string& problem() const { return problem_; }

  /// Within this time WATCHDOG=1 has to be sent, again and again (sd_watchdog_enabled(3)), or the service is
  /// restarted; nothing: there is no watchdog.
  std::optional<Milliseconds> watchdog() const { return watchdog_; }

  /// One datagram: assignments (NAME=value), a line each. False: it was not taken, because systemd has not
  /// read what was sent before, or does not listen at the moment; it may be tried again.
  bool send(std::string_view assignments) const;

  /// From now on that process is the service (MAINPID=): one that this one started to take its place, with
  /// the variables of for_successor() in its environment.
  bool hand_over_to(std::int64_t process) const { return send("MAINPID=" + std::to_string(process)); }
  std::vector<std::pair<std::string, std::string>> for_successor() const;

 private:
  std::string address_;  // a path, or "@" and a name in the abstract namespace (unix(7)); empty: nobody
  std::string problem_;
  std::optional<Milliseconds> watchdog_;
  std::intptr_t socket_ = -1;
};

/// CLOCK_MONOTONIC in microseconds, as MONOTONIC_USEC= wants it.
std::uint64_t monotonic_microseconds();

}  // namespace persona::host
