// Scheduling of threads. Best effort: failure is ignored. Platform: net/thread_posix.cpp,
// net/thread_windows.cpp.
#pragma once

namespace persona::net {

/// For a loop's thread: when it has work, it should not wait for another thread's time slice to end.
void be_prompt();

/// For a background thread: a loop that has work should get the CPU immediately.
void yield_to_loops();

}  // namespace persona::net
