// A steady rate in small pieces: what a forwarder sees of applications that do not fill the line.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "clients.hpp"
#include "steps.hpp"

namespace bench {
namespace {

constexpr std::size_t piece = 8192;  // what PostgreSQL sends at a time (its send buffer)
constexpr std::int64_t patience = std::int64_t{longest_wait} * 1'000'000'000;

/// One echo connection that owes pieces to the forwarder, and is owed their echoes.
class Stream {
 public:
  explicit Stream(std::uint16_t port) : fd_(connect_to(port)) {
    send_all(fd_.get(), Request{Kind::echo, 0}.encode());
    set_nonblocking(fd_.get());
  }

  int fd() const { return fd_.get(); }
  void owe(std::int64_t due) {
    due_.push_back(due);
    to_send_ += piece;
  }

  /// Sends until nothing is owed any more (true) or the socket is full.
  bool pay() {
    static const std::array<std::uint8_t, piece> bytes{};
    while (to_send_ > 0) {
      // Never beyond the end of a piece: pieces that are late are not one larger write.
      const std::size_t rest = to_send_ % piece == 0 ? piece : to_send_ % piece;
      const ssize_t sent = send(fd_.get(), bytes.data(), rest, MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return false;
      to_send_ -= static_cast<std::size_t>(checked(sent, "send to the forwarder"));
    }
    return true;
  }

  /// Reads what is there; the pieces that are back now.
  std::size_t collect(std::span<std::uint8_t> buffer, Samples& samples) {
    const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) fail("the forwarder closed a connection");
    if (got < 0 && errno == EAGAIN) return 0;
    received_ += static_cast<std::size_t>(checked(got, "receive from the forwarder"));
    const std::int64_t now = now_ns();
    const std::size_t back = received_ / piece;
    received_ %= piece;
    if (back > due_.size()) fail("more came back than was sent");
    for (std::size_t i = 0; i < back; ++i) {
      samples.add(now - due_.front());
      due_.pop_front();
    }
    return back;
  }

  bool full = false;  ///< the epoll waits until it can be written to

 private:
  Fd fd_;
  std::size_t to_send_ = 0;
  std::size_t received_ = 0;
  std::deque<std::int64_t> due_;
};

class Pacer {
 public:
  explicit Pacer(const Paced& paced)
      : interval_(std::int64_t{piece} * 8 * 1000 / static_cast<std::int64_t>(paced.megabits)),
        buffer_(batch) {
    while (streams_.size() < paced.connections) {
      streams_.push_back(std::make_unique<Stream>(paced.port));
      epoll_.add(streams_.back()->fd(), EPOLLIN, streams_.back().get());
    }
  }

  void run(double seconds, Samples& samples) {
    const std::int64_t begun = now_ns();
    const std::int64_t until = begun + static_cast<std::int64_t>(seconds * 1e9);
    std::size_t waiting = 0;
    std::size_t next = 0;  // stream
    for (std::int64_t due = begun; due < until || waiting > 0;) {
      const std::int64_t now = now_ns();
      for (; due <= now && due < until; due += interval_, ++waiting, next = (next + 1) % streams_.size()) {
        streams_[next]->owe(due);
        pay(*streams_[next]);
      }
      const auto events = epoll_.wait(due < until ? std::max<std::int64_t>(due - now_ns(), 0) : patience);
      if (events.empty() && due >= until) fail("what was sent does not come back");
      for (epoll_event& event : events) {
        auto& stream = *static_cast<Stream*>(event.data.ptr);
        if (event.events & EPOLLOUT) pay(stream);
        if (event.events & ~EPOLLOUT) waiting -= stream.collect(buffer_, samples);
      }
    }
  }

 private:
  void pay(Stream& stream) {
    const bool full = !stream.pay();
    if (full == std::exchange(stream.full, full)) return;
    epoll_.change(stream.fd(), full ? EPOLLIN | EPOLLOUT : EPOLLIN, &stream);
  }

  std::int64_t interval_;  // nanoseconds from piece to piece
  std::vector<std::uint8_t> buffer_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Epoll epoll_;
};

}  // namespace

void run_paced(const Paced& paced) {
  if (paced.megabits == 0 || paced.connections == 0) fail("a rate and a number of connections are needed");
  // Timers that are 50 microseconds late, as is usual, would bunch pieces that are 65 apart.
  checked(prctl(PR_SET_TIMERSLACK, 1), "PR_SET_TIMERSLACK");
  Pacer pacer(paced);
  Samples ignored;
  pacer.run(paced.seconds / 8, ignored);
  ready_and_wait();
  Samples samples;
  const std::int64_t begun = now_ns();
  pacer.run(paced.seconds, samples);
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  std::printf("{\"seconds\": %.9f, \"megabits\": %.3f, \"p50_us\": %.3f, \"p99_us\": %.3f}\n", seconds,
              static_cast<double>(samples.size()) * piece * 8 / 1e6 / seconds, samples.percentile(0.50),
              samples.percentile(0.99));
}

}  // namespace bench
