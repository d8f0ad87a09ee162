// What a service counts for /metrics: on each loop in a slot of its own, without locks, summed when asked.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "persona/base/tls_parameters.hpp"
#include "persona/forward/reason.hpp"
#include "persona/trust/verify_reason.hpp"

namespace persona::forward {

/// One thread adds, any thread reads. It never decreases.
class Counter {
 public:
  /// As there is one writer, this needs no locked instruction.
  void add(std::uint64_t count = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

using Microseconds = std::chrono::microseconds;

/// Upper bounds of the buckets in which durations are counted; each belongs to its bucket. What took longer
/// is in one more bucket.
constexpr std::array duration_bounds{
    Microseconds(500),       Microseconds(1'000),     Microseconds(2'500),     Microseconds(5'000),
    Microseconds(10'000),    Microseconds(25'000),    Microseconds(50'000),    Microseconds(100'000),
    Microseconds(250'000),   Microseconds(500'000),   Microseconds(1'000'000), Microseconds(2'500'000),
    Microseconds(5'000'000), Microseconds(10'000'000)};

/// How a look-up of a name ended for a connection that waited for it.
enum class LookupResult { found, failed, timed_out };

std::string_view to_string(LookupResult result);

constexpr std::size_t lookup_results = 3;
constexpr std::size_t verify_reasons = static_cast<std::size_t>(trust::VerifyReason::not_allowed) + 1;

/// The reasons other than `verify_failed` for which a handshake fails; any other counts as the first.
constexpr std::array handshake_reasons{Reason::handshake_failed, Reason::handshake_timeout,
                                       Reason::client_certificate_refused, Reason::gateway_reset,
                                       Reason::protocol_error};

/// `Number`: Counter where it is counted, std::uint64_t in a sum.
template <class Number>
struct DurationsOf {
  std::array<Number, duration_bounds.size() + 1> buckets{};  ///< each without the smaller ones
  Number microseconds{};                                     ///< in all
};

template <class Number>
struct CountsOf {
  std::array<Number, reasons> ended{};                    ///< connections, by Reason
  Number bytes_up{};                                      ///< of plaintext, from the client
  Number bytes_down{};                                    ///< and to it
  DurationsOf<Number> connects{};                         ///< to a target, from the look-up of its name
  DurationsOf<Number> full_handshakes{};                  ///< those that succeeded
  DurationsOf<Number> resumed_handshakes{};               ///< the same
  std::array<Number, most_named_groups> key_exchanges{};  ///< of these; in the order of named_groups()
  std::array<Number, handshake_reasons.size()> failed_handshakes{};
  std::array<Number, verify_reasons> refused_peers{};  ///< handshakes that failed for it, by VerifyReason
  std::array<Number, lookup_results> lookups{};        ///< by LookupResult
};

/// A sum over all loops.
using Counts = CountsOf<std::uint64_t>;

/// Of one service on one loop, whose thread alone adds. The alignment keeps the slots of other loops out of
/// its cache lines.
class alignas(64) LoopCounters : public CountsOf<Counter> {
 public:
  /// A connection, or an attempt to make one, has ended.
  void connection_ended(Reason why) { add_at(ended, static_cast<std::size_t>(why)); }

  void connected(Microseconds took) { add(connects, took); }

  /// `group`: a name of named_groups(), or empty where there was no key exchange.
  void handshake_done(bool resumed, std::string_view group, Microseconds took);

  void handshake_failed(const End& why);

  void looked_up(LookupResult result) { add_at(lookups, static_cast<std::size_t>(result)); }

 private:
  template <std::size_t Size>
  static void add_at(std::array<Counter, Size>& counters, std::size_t index) {
    counters[std::min(index, Size - 1)].add();
  }
  static void add(DurationsOf<Counter>& durations, Microseconds took);
};

/// Of one service, with which they live and die.
class Counters {
 public:
  /// The number of the loop that accepts.
  static constexpr std::size_t main_loop = 0;

  /// To be called before there is a connection; once is enough. On the main loop.
  void provide(std::size_t loops);

  /// For the thread of that loop.
  LoopCounters& of_loop(std::size_t number) { return loops_[number]; }

  /// Of each counter this is at least what the last call returned. On the main loop.
  Counts sum() const;

 private:
  std::vector<LoopCounters> loops_;
};

}  // namespace persona::forward
