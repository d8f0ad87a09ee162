// What the operating system wants of a long-running process.
#pragma once

#include <cstddef>

namespace persona::host {

/// Before anything is opened: writing to a socket that is gone must be an error and not a signal, and the
/// limit of open descriptors is raised as far as the system allows. Platform: host/process_posix.cpp.
void prepare_process();

/// How many descriptors may be open at once; 0: no limit known.
std::size_t descriptor_limit();

}  // namespace persona::host
