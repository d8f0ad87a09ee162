// What the operating system is told about a thread.
#pragma once

namespace persona::net {

/// Lowers the priority of the calling thread, so that a loop that has something to do gets the CPU at once.
/// Best effort. Platform: net/thread_posix.cpp.
void yield_to_loops();

}  // namespace persona::net
