// Live round trips while new connections are opened as fast as they are served.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <sys/socket.h>
#include <thread>

#include "clients.hpp"
#include "steps.hpp"

namespace bench {
namespace {

constexpr std::int64_t interval = 4'000'000;  // of a live connection's pings
constexpr std::int64_t ramp_up_time = 300'000'000;

/// Opens `openers` connections at a time: connect, one round trip, close, again.
void open_and_close(const Storm& storm, std::atomic<std::uint64_t>& opened, const std::atomic<bool>& stop) {
  yield_to_others();  // live round trips share a core with it
  Pingers pingers(storm.openers);
  Epoll epoll;
  const auto open = [&](std::unique_ptr<Pinger>& slot) {
    slot = std::make_unique<Pinger>(storm.port);  // closes the one before
    epoll.add(slot->fd(), EPOLLIN, &slot);
    slot->ping();
  };
  for (auto& slot : pingers) open(slot);
  while (!stop) {
    const auto events = epoll.wait(std::int64_t{longest_wait} * 1'000'000'000);
    if (events.empty()) fail("no new connection was served");
    for (epoll_event& event : events) {
      auto& slot = *static_cast<std::unique_ptr<Pinger>*>(event.data.ptr);
      if (!slot->pong()) continue;
      ++opened;
      open(slot);
    }
  }
}

/// Pings each connection at its own times, interval apart. A time that passes while a reply is due is left
/// out: a slow reply is one slow sample, as a user would count it.
class Live {
 public:
  Live(const Storm& storm) {
    grow(pingers_, storm.live, storm.port);
    for (auto& pinger : pingers_) epoll_.add(pinger->fd(), EPOLLIN, pinger.get());
  }

  void run(std::int64_t from, std::int64_t until, Samples& samples) {
    const std::int64_t begun = now_ns();
    due_.clear();
    for (std::size_t i = 0; i < pingers_.size(); ++i) {
      due_.push_back(begun +
                     interval * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(pingers_.size()));
    }
    std::size_t waiting = 0;
    for (std::int64_t now = begun; now < until || waiting > 0; now = now_ns()) {
      std::int64_t next = now + std::int64_t{longest_wait} * 1'000'000'000;
      for (std::size_t i = 0; i < pingers_.size(); ++i) {
        if (due_[i] == on_its_way || now >= until) continue;
        if (due_[i] <= now) {
          pingers_[i]->ping();
          due_[i] = on_its_way;
          ++waiting;
        } else {
          next = std::min(next, due_[i]);
        }
      }
      const auto events = epoll_.wait(std::max<std::int64_t>(next - now_ns(), 0));
      if (events.empty() && waiting > 0 && now_ns() - now >= std::int64_t{longest_wait} * 1'000'000'000) {
        fail("a live connection was not served during the storm");
      }
      for (epoll_event& event : events)
        waiting -= receive(static_cast<Pinger*>(event.data.ptr), begun, from, samples);
    }
  }

 private:
  static constexpr std::int64_t on_its_way = -1;

  std::size_t receive(Pinger* pinger, std::int64_t begun, std::int64_t from, Samples& samples) {
    if (!pinger->pong()) return 0;
    const std::int64_t now = now_ns();
    if (pinger->pinged_at() >= from) samples.add(now - pinger->pinged_at());
    const auto at =
        std::find_if(pingers_.begin(), pingers_.end(), [&](auto& one) { return one.get() == pinger; });
    const auto index = at - pingers_.begin();
    const std::int64_t phase = begun + interval * index / static_cast<std::int64_t>(pingers_.size());
    due_[static_cast<std::size_t>(index)] = phase + ((now - phase) / interval + 1) * interval;
    return 1;
  }

  Pingers pingers_;
  std::vector<std::int64_t> due_;
  Epoll epoll_;
};

}  // namespace

void run_storm(const Storm& storm) {
  Live live(storm);
  Samples calm;
  const auto length = static_cast<std::int64_t>(storm.seconds * 1e9);
  live.run(now_ns(), now_ns() + length / 4, calm);
  ready_and_wait();

  std::atomic<std::uint64_t> opened{0};
  std::atomic<bool> stop{false};
  std::thread openers(open_and_close, std::cref(storm), std::ref(opened), std::cref(stop));
  Samples ramp_up;
  Samples samples;
  live.run(now_ns(), now_ns() + ramp_up_time, ramp_up);
  const std::uint64_t before = opened;
  const std::int64_t begun = now_ns();
  live.run(begun, begun + length, samples);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  const std::uint64_t during = opened - before;
  stop = true;
  openers.join();
  std::printf(
      "{\"seconds\": %.6f, \"opened\": %llu, \"samples\": %zu, \"calm_p99_us\": %.3f, \"p50_us\": %.3f, "
      "\"p99_us\": %.3f}\n",
      seconds, static_cast<unsigned long long>(during), samples.size(), calm.percentile(0.99),
      samples.percentile(0.50), samples.percentile(0.99));
}

}  // namespace bench
