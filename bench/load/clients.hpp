// The load generator: one function per measurement. Each prepares (connections, warm-up), prints "ready",
// waits for a line on standard input, measures, and prints one line of JSON, so that the caller can read CPU
// clocks around it.
#pragma once

#include <cstdint>

namespace bench {

struct Bulk {
  std::uint16_t port = 0;
  bool upload = false;
  std::uint64_t connections = 1;  ///< each in a thread of its own, with an equal share of the bytes
  std::uint64_t warm_up = 0;      ///< bytes
  std::uint64_t bytes = 0;
};
void run_bulk(const Bulk& bulk);

struct RoundTrips {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;  ///< each has one message on its way at any time
  double seconds = 1;
};
void run_round_trips(const RoundTrips& round_trips);

/// 8 KiB are sent at fixed times, to the connections in turn, whether or not earlier ones are back (an open
/// loop); every byte is echoed, so the rate is that of each direction. Latency counts from the time at which
/// a piece was due until its last byte is back.
struct Paced {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;
  std::uint64_t megabits = 1;  ///< 10^6 bits a second, of all connections together
  double seconds = 1;
};
void run_paced(const Paced& paced);

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

struct Burst {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;
};
/// Opens all connections without waiting for any; the time is that until each has echoed.
void run_burst(const Burst& burst);

struct Storm {
  std::uint16_t port = 0;
  std::uint64_t live = 1;     ///< established connections, a round trip of each every few milliseconds
  std::uint64_t openers = 1;  ///< connections that are being opened at any time
  double seconds = 1;
};
void run_storm(const Storm& storm);

}  // namespace bench
