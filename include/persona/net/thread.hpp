// What the operating system is told about a thread. Best effort. Platform: net/thread_posix.cpp,
// net/thread_windows.cpp.
#pragma once

namespace persona::net {

/// For the thread of a loop: when it has something to do, it does not wait for the slice of another.
void be_prompt();

/// For a thread that works in the background: a loop that has something to do gets the CPU at once.
void yield_to_loops();

}  // namespace persona::net
