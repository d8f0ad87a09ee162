#include <windows.h>

#include "persona/net/thread.hpp"

namespace persona::net {

// Nothing to do: the scheduler already prefers a thread that has waited.
void be_prompt() {}

void yield_to_loops() {
  // The system boosts a thread that has starved for seconds, so a lock that it holds is released eventually.
  static_cast<void>(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST));
}

}  // namespace persona::net
