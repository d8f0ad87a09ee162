#include "beside.hpp"

#include <atomic>
#include <cstdio>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "steps.hpp"

namespace bench {
namespace {

constexpr std::uint64_t without_end = std::uint64_t{1} << 60;
constexpr std::int64_t between_pings =
    500'000;  // ns: so that most of the time nobody but the bulk data is there

/// Until the end of the process.
[[noreturn]] void move(int fd, bool upload, std::atomic<std::uint64_t>& moved) {
  yield_to_others();  // round trips share a core with it
  std::vector<std::uint8_t> buffer(batch);
  send_all(fd, Request{upload ? Kind::upload : Kind::download, without_end}.encode());
  for (;;) {
    if (upload) {
      send_all(fd, buffer);
      moved += buffer.size();
    } else {
      const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
      if (got == 0) fail("the forwarder closed the connection with bulk data");
      moved += static_cast<std::uint64_t>(checked(got, "receive bulk data"));
    }
  }
}

void ping(Pinger& pinger, Epoll& epoll, double seconds, Samples& samples) {
  const std::int64_t until = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  while (now_ns() < until) {
    pinger.ping();
    do {
      if (epoll.wait(std::int64_t{longest_wait} * 1'000'000'000).empty()) fail("no reply came");
    } while (!pinger.pong());
    const std::int64_t now = now_ns();
    samples.add(now - pinger.pinged_at());
    // The pause varies, so that pings do not keep step with batches.
    epoll.wait(between_pings + now % between_pings);
  }
}

}  // namespace

void run_beside(const Beside& beside) {
  Pinger pinger(beside.port);
  Epoll epoll;
  epoll.add(pinger.fd(), EPOLLIN, &pinger);
  const Fd bulk = connect_to(beside.port);
  std::atomic<std::uint64_t> moved{0};
  std::thread([&] { move(bulk.get(), beside.upload, moved); }).detach();
  Samples ignored;
  ping(pinger, epoll, beside.seconds / 8, ignored);
  ready_and_wait();
  Samples samples;
  const std::uint64_t before = moved;
  const std::int64_t begun = now_ns();
  ping(pinger, epoll, beside.seconds, samples);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  std::printf(
      "{\"seconds\": %.9f, \"round_trips\": %zu, \"bytes\": %llu, \"p50_us\": %.3f, \"p99_us\": %.3f, "
      "\"p999_us\": %.3f}\n",
      seconds, samples.size(), static_cast<unsigned long long>(moved - before), samples.percentile(0.50),
      samples.percentile(0.99), samples.percentile(0.999));
  std::fflush(nullptr);
  std::_Exit(0);  // the other thread is in the middle of something
}

}  // namespace bench
