#include "clients.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <thread>

#include "steps.hpp"

namespace bench {
namespace {

void upload(int fd, std::uint64_t bytes, std::span<std::uint8_t> buffer) {
  send_all(fd, Request{Kind::upload, bytes}.encode());
  while (bytes > 0) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, buffer.size()));
    send_all(fd, buffer.first(count));
    bytes -= count;
  }
  receive_all(fd, buffer.first(1));
  if (buffer[0] != received) fail("the gateway's receipt is not what it sent");
}

void download(int fd, std::uint64_t bytes, std::span<std::uint8_t> buffer) {
  send_all(fd, Request{Kind::download, bytes}.encode());
  while (bytes > 0) {
    const ssize_t got = recv(fd, buffer.data(), std::min<std::uint64_t>(bytes, buffer.size()), 0);
    if (got == 0) fail("the forwarder closed the connection during a download");
    bytes -= static_cast<std::uint64_t>(checked(got, "download"));
  }
}

void once(std::uint16_t port) {
  static const std::array<std::uint8_t, ping_bytes> message{};
  std::array<std::uint8_t, request_size + ping_bytes> first{};
  const RequestBytes request = Request{Kind::echo, 0}.encode();
  std::copy(request.begin(), request.end(), first.begin());
  const Fd fd = connect_to(port);
  send_all(fd.get(), first);
  std::array<std::uint8_t, ping_bytes> reply{};
  receive_all(fd.get(), reply);
  if (reply != message) fail("the echo is not what was sent");
}

}  // namespace

void run_bulk(const Bulk& bulk) {
  std::vector<Fd> connections;
  while (connections.size() < bulk.connections) connections.push_back(connect_to(bulk.port));
  const auto transfer = [&](std::uint64_t bytes) {
    std::vector<std::thread> threads;
    for (const Fd& connection : connections) {
      threads.emplace_back([&, fd = connection.get()] {
        std::vector<std::uint8_t> buffer(batch);
        (bulk.upload ? upload : download)(fd, bytes / bulk.connections, buffer);
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  transfer(bulk.warm_up);
  ready_and_wait();
  const std::int64_t begun = now_ns();
  transfer(bulk.bytes);
  std::printf("{\"seconds\": %.9f}\n", static_cast<double>(now_ns() - begun) / 1e9);
}

void run_round_trips(const RoundTrips& settings) {
  Pingers pingers;
  grow(pingers, settings.connections, settings.port);
  Epoll epoll;
  for (auto& pinger : pingers) epoll.add(pinger->fd(), EPOLLIN, pinger.get());

  const auto run = [&](double seconds, Samples& samples) {
    const std::int64_t until = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    for (auto& pinger : pingers) pinger->ping();
    for (std::size_t waiting = pingers.size(); waiting > 0;) {
      const auto events = epoll.wait(std::int64_t{longest_wait} * 1'000'000'000);
      if (events.empty()) fail("no reply came");
      for (epoll_event& event : events) {
        auto* pinger = static_cast<Pinger*>(event.data.ptr);
        if (!pinger->pong()) continue;
        const std::int64_t now = now_ns();
        samples.add(now - pinger->pinged_at());
        if (now < until) {
          pinger->ping();
        } else {
          --waiting;
        }
      }
    }
  };

  Samples ignored;
  run(settings.seconds / 8, ignored);
  ready_and_wait();
  Samples samples;
  const std::int64_t begun = now_ns();
  run(settings.seconds, samples);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  std::printf("{\"seconds\": %.9f, \"round_trips\": %zu, \"p50_us\": %.3f, \"p99_us\": %.3f}\n", seconds,
              samples.size(), samples.percentile(0.50), samples.percentile(0.99));
}

void run_connects(const Connects& connects) {
  for (std::uint64_t i = 0; i < connects.warm_up; ++i) once(connects.port);
  ready_and_wait();
  const std::int64_t begun = now_ns();
  for (std::uint64_t i = 0; i < connects.count; ++i) once(connects.port);
  std::printf("{\"seconds\": %.9f}\n", static_cast<double>(now_ns() - begun) / 1e9);
}

void run_idle(const Idle& idle) {
  Pingers pingers;
  std::array<char, 64> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), stdin)) {
    grow(pingers, std::strtoul(line.data(), nullptr, 10), idle.port);
    std::printf("{\"connections\": %zu}\n", pingers.size());
    std::fflush(stdout);
  }
}

void run_burst(const Burst& burst) {
  ready_and_wait();
  Pingers pingers;
  const std::int64_t begun = now_ns();
  grow(pingers, burst.connections, burst.port, burst.connections);
  std::printf("{\"seconds\": %.9f}\n", static_cast<double>(now_ns() - begun) / 1e9);
}

}  // namespace bench
