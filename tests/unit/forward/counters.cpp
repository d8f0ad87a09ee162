#include "persona/forward/counters.hpp"

#include <thread>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::forward;

namespace {

std::size_t at(Reason reason) {
  return static_cast<std::size_t>(reason);
}

}  // namespace

TEST_CASE("each reason, verify_reason and result has a place of its own, and none is left out") {
  CHECK(to_string(static_cast<Reason>(reasons - 1)) == "shutdown");
  CHECK(to_string(static_cast<Reason>(reasons)) == "unknown");
  CHECK(to_string(static_cast<trust::VerifyReason>(verify_reasons - 1)) == "not_allowed");
  CHECK(to_string(static_cast<trust::VerifyReason>(verify_reasons)) == "unknown");
  CHECK(to_string(static_cast<LookupResult>(lookup_results - 1)) == "timed_out");
  CHECK(to_string(static_cast<LookupResult>(lookup_results)) == "unknown");
}

TEST_CASE("what each loop has counted is summed") {
  Counters counters;
  counters.provide(3);
  counters.of_loop(0).connection_ended(Reason::access_denied);
  counters.of_loop(1).connection_ended(Reason::local_closed);
  counters.of_loop(2).connection_ended(Reason::local_closed);
  counters.of_loop(1).bytes_up.add(1'000);
  counters.of_loop(2).bytes_up.add(std::uint64_t{1} << 40);
  counters.of_loop(2).bytes_down.add(7);
  counters.of_loop(0).looked_up(LookupResult::timed_out);
  counters.provide(3);  // once more, by whoever adds the service again: nothing is forgotten
  const Counts sum = counters.sum();
  CHECK(sum.ended[at(Reason::local_closed)] == 2);
  CHECK(sum.ended[at(Reason::access_denied)] == 1);
  CHECK(sum.ended[at(Reason::shutdown)] == 0);
  CHECK(sum.bytes_up == (std::uint64_t{1} << 40) + 1'000);
  CHECK(sum.bytes_down == 7);
  CHECK(sum.lookups == std::array<std::uint64_t, lookup_results>{0, 0, 1});
}

TEST_CASE("a duration is in the first bucket whose bound it does not exceed") {
  Counters counters;
  counters.provide(1);
  LoopCounters& loop = counters.of_loop(0);
  loop.connected(Microseconds(-5));  // a clock that is not monotonic
  loop.connected(duration_bounds[0]);
  loop.connected(duration_bounds[0] + Microseconds(1));
  loop.connected(duration_bounds.back());
  loop.connected(duration_bounds.back() + Microseconds(1));
  loop.handshake_done(true, "", Microseconds(700));
  loop.handshake_done(false, named_groups().front().name, Microseconds(1'700));
  loop.handshake_done(false, named_groups().back().name, Microseconds(1'800));
  const Counts sum = counters.sum();
  CHECK(sum.connects.buckets[0] == 2);
  CHECK(sum.connects.buckets[1] == 1);
  CHECK(sum.connects.buckets[duration_bounds.size() - 1] == 1);
  CHECK(sum.connects.buckets.back() == 1);
  CHECK(sum.connects.microseconds == 500 + 501 + 10'000'000 + 10'000'001);
  CHECK(sum.resumed_handshakes.buckets[1] == 1);
  CHECK(sum.resumed_handshakes.microseconds == 700);
  CHECK(sum.full_handshakes.buckets[2] == 2);
  CHECK(sum.full_handshakes.microseconds == 3'500);
  std::array<std::uint64_t, most_named_groups> expected{};
  expected[0] = expected[named_groups().size() - 1] = 1;
  CHECK(sum.key_exchanges == expected);
}

TEST_CASE("a handshake that failed counts for its reason, or for why the certificate was refused") {
  Counters counters;
  counters.provide(1);
  LoopCounters& loop = counters.of_loop(0);
  End expired(Reason::verify_failed, "expired 3 days ago");
  expired.verify_reason = to_string(trust::VerifyReason::expired);
  loop.handshake_failed(expired);
  loop.handshake_failed(Reason::client_certificate_refused);
  loop.handshake_failed(Reason::handshake_timeout);
  loop.handshake_failed(Reason::handshake_timeout);
  const Counts sum = counters.sum();
  CHECK(sum.refused_peers[static_cast<std::size_t>(trust::VerifyReason::expired)] == 1);
  CHECK(sum.failed_handshakes == std::array<std::uint64_t, handshake_reasons.size()>{0, 2, 1, 0, 0});
}

TEST_CASE("sums never go backward while loops count") {
  constexpr std::uint64_t each = 200'000;
  Counters counters;
  counters.provide(2);
  std::vector<std::thread> loops;
  for (const std::size_t number : {std::size_t{0}, std::size_t{1}}) {
    loops.emplace_back([&loop = counters.of_loop(number)] {
      for (std::uint64_t i = 0; i < each; ++i) {
        loop.bytes_up.add(3);
        loop.connection_ended(Reason::shutdown);
      }
    });
  }
  Counts last;
  bool backward = false;
  while (last.ended[at(Reason::shutdown)] < 2 * each) {
    const Counts now = counters.sum();
    backward = backward || now.bytes_up < last.bytes_up ||
               now.ended[at(Reason::shutdown)] < last.ended[at(Reason::shutdown)];
    last = now;
  }
  for (std::thread& loop : loops) {
    loop.join();
  }
  CHECK_FALSE(backward);
  CHECK(counters.sum().bytes_up == 2 * each * 3);
}

TEST_CASE("the counters of two loops share no cache line") {
  Counters counters;
  counters.provide(2);
  const auto* const first = reinterpret_cast<const char*>(&counters.of_loop(0));
  const auto* const second = reinterpret_cast<const char*>(&counters.of_loop(1));
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
  CHECK(second - first >= static_cast<std::ptrdiff_t>(sizeof(LoopCounters)));
  CHECK((second - first) % 64 == 0);
}
