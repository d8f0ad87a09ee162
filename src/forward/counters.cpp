#include "persona/forward/counters.hpp"

namespace persona::forward {

namespace {

using Numbers = DurationsOf<std::uint64_t>;

template <std::size_t Size>
void add_all(std::array<std::uint64_t, Size>& sum, const std::array<Counter, Size>& counters) {
  for (std::size_t i = 0; i < Size; ++i) {
    sum[i] += counters[i].value();
  }
}

void add_all(Numbers& sum, const DurationsOf<Counter>& durations) {
  add_all(sum.buckets, durations.buckets);
  sum.microseconds += durations.microseconds.value();
}

// verify_reason is the word of an enumerator.
std::size_t index_of_word(std::string_view word) {
  for (std::size_t i = 0; i < verify_reasons; ++i) {
    if (to_string(static_cast<trust::VerifyReason>(i)) == word) {
      return i;
    }
  }
  return static_cast<std::size_t>(trust::VerifyReason::malformed);
}

}  // namespace

std::string_view to_string(LookupResult result) {
  switch (result) {
    case LookupResult::found:
      return "found";
    case LookupResult::failed:
      return "failed";
    case LookupResult::timed_out:
      return "timed_out";
  }
  return "unknown";
}

void LoopCounters::handshake_done(bool resumed, std::string_view group, Microseconds took) {
  add(resumed ? resumed_handshakes : full_handshakes, took);
  if (const NamedGroup* known = find_named_group(group)) {
    add_at(key_exchanges, static_cast<std::size_t>(known - named_groups().data()));
  }
}

void LoopCounters::handshake_failed(const End& why) {
  if (why.reason == Reason::verify_failed) {
    add_at(refused_peers, index_of_word(why.verify_reason));
    return;
  }
  const auto* const found = std::find(handshake_reasons.begin(), handshake_reasons.end(), why.reason);
  add_at(failed_handshakes,
         found == handshake_reasons.end() ? 0 : static_cast<std::size_t>(found - handshake_reasons.begin()));
}

void LoopCounters::add(DurationsOf<Counter>& durations, Microseconds took) {
  const Microseconds time = std::max(took, Microseconds(0));
  const auto* const bound = std::lower_bound(duration_bounds.begin(), duration_bounds.end(), time);
  durations.buckets[static_cast<std::size_t>(bound - duration_bounds.begin())].add();
  durations.microseconds.add(static_cast<std::uint64_t>(time.count()));
}

void Counters::provide(std::size_t loops) {
  if (loops_.empty()) {
    loops_ = std::vector<LoopCounters>(loops);
  }
}

Counts Counters::sum() const {
  Counts sum;
  for (const LoopCounters& loop : loops_) {
    add_all(sum.ended, loop.ended);
    sum.bytes_up += loop.bytes_up.value();
    sum.bytes_down += loop.bytes_down.value();
    add_all(sum.connects, loop.connects);
    add_all(sum.full_handshakes, loop.full_handshakes);
    add_all(sum.resumed_handshakes, loop.resumed_handshakes);
    add_all(sum.key_exchanges, loop.key_exchanges);
    add_all(sum.failed_handshakes, loop.failed_handshakes);
    add_all(sum.refused_peers, loop.refused_peers);
    add_all(sum.lookups, loop.lookups);
  }
  return sum;
}

}  // namespace persona::forward
