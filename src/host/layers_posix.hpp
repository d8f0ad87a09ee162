// The layers of a confinement, each of which the system may lack. Linux; elsewhere all are missing.
#pragma once

#include "persona/host/confinement.hpp"

namespace persona::host {

/// A version of Landlock's interface; 0: there is none.
int landlock_version();

/// Files, ports (if `wanted` names any and the version has them) and signals.
Result<void> restrict_by_landlock(const Confinement& wanted, int version);

/// The first version with rules for TCP ports.
inline constexpr int landlock_with_ports = 4;

/// Empty: it can be used. Else why not.
const char* why_no_seccomp();
Result<void> restrict_system_calls();

Result<void> drop_privileges();

}  // namespace persona::host
