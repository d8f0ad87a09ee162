// Sets up the process as a long-running one.
#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::host {

// Platform: host/process_posix.cpp, host/process_windows.cpp.

/// The arguments of main(), the program's name first, in UTF-8.
std::vector<std::string> command_line(int argc, char** argv);

/// The value of an environment variable, in UTF-8; nothing when it is not set.
std::optional<std::string> environment_variable(const std::string& name);

/// The names of all of them.
std::vector<std::string> environment_names();

/// To be called first: opens the null device for each standard stream that is closed. What is opened next
/// would otherwise take its number, and be written to or closed as if it were the stream. Does nothing on
/// Windows, where the C library reserves the three numbers and the system has handles instead. Fails where
/// there is no null device.
Result<void> open_standard_streams();

/// To be called before anything else is opened. Makes writing to a closed socket, or beyond the file size
/// limit, an error and not a signal; ignores SIGUSR1 and SIGUSR2; raises the limit of open descriptors as far
/// as the system allows; keeps our memory out of core dumps and from other processes of the same user.
/// PERSONA_DUMPABLE=1 in the environment lets a debugger attach all the same (there are still no core dumps).
/// On Windows: the console takes UTF-8, and the heap stays out of error reports.
void prepare_process();

/// May what is written there have colours? It is a terminal that has them, and NO_COLOR is not set
/// (https://no-color.org).
bool takes_colour(std::FILE* stream);

/// How many descriptors may be open at once; 0: no known limit.
std::size_t descriptor_limit();

}  // namespace persona::host
