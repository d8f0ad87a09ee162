#include "steps.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>

namespace bench {

void Pinger::ping() {
  static const std::array<std::uint8_t, request_size + ping_bytes> first = [] {
    std::array<std::uint8_t, request_size + ping_bytes> bytes{};
    const RequestBytes request = Request{Kind::echo, 0}.encode();
    std::copy(request.begin(), request.end(), bytes.begin());
    return bytes;
  }();
  missing_ = ping_bytes;
  pinged_at_ = now_ns();
  send_all(fd_.get(), requested_ ? Bytes(first).last(ping_bytes) : Bytes(first));
  requested_ = true;
}

bool Pinger::pong() {
  std::array<std::uint8_t, ping_bytes> buffer{};
  const ssize_t got = recv(fd_.get(), buffer.data(), missing_, MSG_DONTWAIT);
  if (got == 0) fail("the forwarder closed a connection");
  if (got < 0 && errno == EAGAIN) return false;
  missing_ -= static_cast<std::size_t>(checked(got, "receive from the forwarder"));
  return missing_ == 0;
}

void grow(Pingers& pingers, std::size_t count, std::uint16_t port, std::size_t window) {
  Epoll epoll;
  std::size_t waiting = 0;
  std::size_t echoed = pingers.size();
  while (echoed < count) {
    while (pingers.size() < count && waiting < window) {
      pingers.push_back(std::make_unique<Pinger>(port));
      epoll.add(pingers.back()->fd(), EPOLLIN, pingers.back().get());
      pingers.back()->ping();
      ++waiting;
    }
    const auto events = epoll.wait(std::int64_t{longest_wait} * 1'000'000'000);
    if (events.empty()) {
      fail(std::to_string(echoed) + " of " + std::to_string(count) +
           " connections were served, then nothing came for " + std::to_string(longest_wait) + " seconds");
    }
    for (epoll_event& event : events) {
      auto* pinger = static_cast<Pinger*>(event.data.ptr);
      if (!pinger->pong()) continue;
      epoll.remove(pinger->fd());
      --waiting;
      ++echoed;
    }
  }
}

double Samples::percentile(double share) {
  if (values_.empty()) fail("no round trip was finished");
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values_.size())));
  const auto at = values_.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values_.begin(), at, values_.end());
  return static_cast<double>(*at) / 1000;
}

void ready_and_wait() {
  std::puts("ready");
  std::fflush(stdout);
  std::array<char, 64> line{};
  if (!std::fgets(line.data(), static_cast<int>(line.size()), stdin)) std::_Exit(0);
}

}  // namespace bench
