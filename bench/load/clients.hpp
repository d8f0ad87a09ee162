// The load generator: one function per measurement. Each prepares (connections, warm-up), prints "ready",
// waits for a line on standard input, measures, and prints one line of JSON, so that the caller can read CPU
// clocks around it.
#pragma once

#include <cstdint>

namespace bench {

struct Bulk {
  std::uint16_t port = 0;
  bool upload = false;
  std::uint64_t warm_up = 0;  ///< bytes
  std::uint64_t bytes = 0;
};
void run_bulk(const Bulk& bulk);

struct RoundTrips {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;  ///< each has one message on its way at any time
  double seconds = 1;
};
void run_round_trips(const RoundTrips& round_trips);

struct Connects {
  std::uint16_t port = 0;
  std::uint64_t warm_up = 1;
  std::uint64_t count = 1;  ///< one after the other: open, one round trip, close
};
void run_connects(const Connects& connects);

struct Idle {
  std::uint16_t port = 0;
};
/// Every line on standard input is a number of connections to hold; answers when each has echoed.
void run_idle(const Idle& idle);

struct Storm {
  std::uint16_t port = 0;
  std::uint64_t live = 1;     ///< established connections, a round trip of each every few milliseconds
  std::uint64_t openers = 1;  ///< connections that are being opened at any time
  double seconds = 1;
};
void run_storm(const Storm& storm);

}  // namespace bench
