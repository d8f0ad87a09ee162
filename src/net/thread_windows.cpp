#include <windows.h>

#include "persona/net/thread.hpp"

namespace persona::net {

// The scheduler prefers a thread that has waited by itself.
void be_prompt() {}

void yield_to_loops() {
  // A thread that is starved for seconds is boosted by the system, so a lock that it holds is let go.
  static_cast<void>(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST));
}

}  // namespace persona::net
