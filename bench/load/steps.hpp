// What the measurements share: established echo connections, percentiles, and the dialogue with the caller.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net.hpp"
#include "protocol.hpp"

namespace bench {

/// An echo connection of the load generator, with at most one ping on its way.
class Pinger {
 public:
  explicit Pinger(std::uint16_t port) : fd_(connect_to(port)) {}

  int fd() const { return fd_.get(); }
  /// The first ping carries the request.
  void ping();
  /// Reads what is there; true when the ping has come back.
  bool pong();
  std::int64_t pinged_at() const { return pinged_at_; }

 private:
  Fd fd_;
  bool requested_ = false;
  std::size_t missing_ = 0;
  std::int64_t pinged_at_ = 0;
};

using Pingers = std::vector<std::unique_ptr<Pinger>>;

/// Opens connections until there are `count`, `window` at a time; each has echoed once when this returns.
/// They stay in no epoll.
void grow(Pingers& pingers, std::size_t count, std::uint16_t port, std::size_t window = 32);

/// Latencies in nanoseconds.
class Samples {
 public:
  void add(std::int64_t nanoseconds) { values_.push_back(nanoseconds); }
  std::size_t size() const { return values_.size(); }
  /// In microseconds.
  double percentile(double share);

 private:
  std::vector<std::int64_t> values_;
};

/// Prints "ready" and waits for a line; an end of the input ends the program.
void ready_and_wait();

}  // namespace bench
