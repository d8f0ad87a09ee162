#include "persona/net/loop_use.hpp"

namespace persona::net {

void LoopUse::waits(Milliseconds now) {
  if (begun_.count() == 0) {
    begun_ = now;  // the clock began long before the loop
  }
  waiting_since_ = now;
  turn_begun_.store(now.count(), std::memory_order_relaxed);
}

void LoopUse::waited(Milliseconds end) {
  waits_ += end - waiting_since_;
  if (const Milliseconds passed = end - begun_; passed >= window) {
    percent_.store(static_cast<unsigned>(100 * (passed - waits_).count() / passed.count()),
                   std::memory_order_relaxed);
    begun_ = end;
    waits_ = Milliseconds(0);
  }
}

unsigned LoopUse::percent(Milliseconds now) const {
  const Milliseconds turn_begun(turn_begun_.load(std::memory_order_relaxed));
  return now - turn_begun >= window ? 0 : percent_.load(std::memory_order_relaxed);
}

}  // namespace persona::net
