#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <time.h>
#include <unistd.h>

#include "persona/base/text.hpp"
#include "persona/host/notifier.hpp"

namespace persona::host {

namespace {

/// The value, which no child inherits.
std::string take(const char* name) {
  const char* const value = getenv(name);
  std::string taken = value == nullptr ? "" : value;
  static_cast<void>(unsetenv(name));  // fails only for names that are none
  return taken;
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && !text.empty() ? std::optional(number) : std::nullopt;
}

/// As sd_watchdog_enabled(3) reads it: zero and the greatest number are no time, and without WATCHDOG_PID it
/// is for everybody who has the variable.
std::optional<Milliseconds> watchdog_of(const std::string& microseconds, const std::string& process) {
  const auto period = whole_number(microseconds);
  const bool is_for_us = process.empty() || whole_number(process) == static_cast<std::uint64_t>(getpid());
  if (!period || *period == 0 || *period == UINT64_MAX || !is_for_us) {
    return std::nullopt;
  }
  return Milliseconds(static_cast<std::int64_t>(*period / 1'000));
}

}  // namespace

Notifier::Notifier() {
  std::string address = take("NOTIFY_SOCKET");
  const std::string period = take("WATCHDOG_USEC");
  const std::string process = take("WATCHDOG_PID");
  if (address.empty()) {
    return;
  }
  // A path needs a zero at its end, a name in the abstract namespace has one at its beginning.
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if ((address.front() != '/' && address.front() != '@') || address.size() < 2 || address.size() > longest) {
    problem_ =
        "NOTIFY_SOCKET is neither a path nor an abstract name of a socket, so systemd is told nothing: " +
        in_quotes(address);
    return;
  }
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0) {
    problem_ = "systemd is told nothing, because there is no socket to do it: " +
               std::generic_category().message(errno);
    return;
  }
  socket_ = made;
  address_ = std::move(address);
  watchdog_ = watchdog_of(period, process);
}

Notifier::~Notifier() {
  if (socket_ >= 0) {
    close(static_cast<int>(socket_));
  }
}

bool Notifier::send(std::string_view assignments) const {
  if (!is_heard()) {
    return false;
  }
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  std::size_t length = offsetof(sockaddr_un, sun_path) + address_.size();
  if (address_.front() == '@') {
    to.sun_path[0] = '\0';
  } else {
    ++length;
  }
  ssize_t sent = -1;
  do {
    sent = sendto(static_cast<int>(socket_), assignments.data(), assignments.size(), MSG_DONTWAIT,
                  reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(length));
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;  // a datagram is sent whole
}

std::vector<std::pair<std::string, std::string>> Notifier::for_successor() const {
  std::vector<std::pair<std::string, std::string>> variables;
  if (is_heard()) {
    variables.emplace_back("NOTIFY_SOCKET", address_);
    if (watchdog_) {
      variables.emplace_back("WATCHDOG_USEC", std::to_string(watchdog_->count() * 1'000));
    }
  }
  return variables;
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  static_cast<void>(clock_gettime(CLOCK_MONOTONIC, &now));  // fails only for a clock that does not exist
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace persona::host
