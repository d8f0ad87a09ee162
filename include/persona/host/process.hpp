// What the operating system wants of a long-running process.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::host {

// Platform: host/process_posix.cpp, host/process_windows.cpp.

/// The arguments of main(), the program's name first, in UTF-8.
std::vector<std::string> command_line(int argc, char** argv);

/// First of all: a standard stream that is closed gets the null device. What is opened next would take its
/// number else, and be written to or closed as if it were the stream. Nothing to do on Windows, where the C
/// library keeps the three numbers and the system's handles are none. Fails where there is no null device.
Result<void> open_standard_streams();

/// Before anything is opened: writing to a socket that is gone, or beyond the largest size of a file, must be
/// an error and not a signal, the limit of open descriptors is raised as far as the system allows, and
/// nothing of our memory may reach a core dump or another process of the same user. PERSONA_DUMPABLE=1 in the
/// environment lets a debugger attach all the same (there are no core dumps even so). On Windows: the console
/// takes UTF-8, and the heap stays out of error reports.
void prepare_process();

/// How many descriptors may be open at once; 0: no limit known.
std::size_t descriptor_limit();

}  // namespace persona::host
