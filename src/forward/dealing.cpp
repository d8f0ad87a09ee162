#include "persona/forward/dealing.hpp"

#include <algorithm>

namespace persona::forward {

std::size_t Dealing::next(std::span<const LoopLoad> loops) {
  const auto less_busy = [](const LoopLoad& one, const LoopLoad& other) { return one.busy < other.busy; };
  const unsigned idlest = std::min_element(loops.begin(), loops.end(), less_busy)->busy;
  const unsigned too_busy = std::max(busy_from, idlest + busier_by);
  std::size_t best = loops.size();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    const std::size_t candidate = (turn_ + i) % loops.size();
    if (loops[candidate].busy < too_busy &&
        (best == loops.size() || loops[candidate].connections < loops[best].connections)) {
      best = candidate;
    }
  }
  turn_ = best + 1;
  return best;
}

}  // namespace persona::forward
