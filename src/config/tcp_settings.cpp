#include "tcp_settings.hpp"

#include <fmt/format.h>

namespace persona::config {

namespace {

using namespace std::chrono_literals;

// What the kernels take: whole seconds, 32767 at most for TCP_KEEPIDLE (tcp(7)).
constexpr Milliseconds longest_tcp_time = 9h;

void read_time(Section& section, std::string_view key, Milliseconds& time) {
  const auto value = section.get(key);
  const auto written = value ? value->duration() : std::nullopt;
  if (!written) {
    return;
  }
  if (*written % 1s != 0s || *written > longest_tcp_time) {
    value->error(fmt::format("expected whole seconds, at most {}, or 0s, which switches it off, found {}",
                             format_duration(longest_tcp_time), format_duration(*written)));
    return;
  }
  time = *written;
}

}  // namespace

void read_tcp(Section section, TcpOptions& tcp) {
  read_time(section, "keepalive", tcp.keepalive);
  read_time(section, "user_timeout", tcp.user_timeout);
  section.finish();
}

}  // namespace persona::config
