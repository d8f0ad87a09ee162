// Where a process waits for the one that replaces it.
#pragma once

#include <filesystem>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"

namespace persona::handover {

/// A Unix socket in a folder where only this user and root may write, of a name that follows from the path of
/// the configuration: in systemd's RUNTIME_DIRECTORY, else in persona-UID below /run (root) or /tmp, which is
/// made. Failure: a sentence; on Windows always. Platform: handover/place_posix.cpp,
/// handover/place_windows.cpp.
Result<Endpoint> place_of(const std::filesystem::path& config);

/// May this user, of whom a socket tells, replace us or be replaced by us? Our own, and root.
bool is_trusted(std::uint32_t user);

int own_pid();

}  // namespace persona::handover
