// Takes from this process what it does not need, so that whoever breaks into it can do little: which files it
// may open, where it may connect and listen, which system calls it has, and privileges.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/result.hpp"

namespace persona::host {

/// What may be done from now on. Everything else is refused, for as long as the process lives.
struct Confinement {
  bool reads_everything = false;              ///< that its user may read
  std::vector<std::filesystem::path> listed;  ///< folders whose entries may be listed
  std::vector<std::filesystem::path>
      logs;  ///< files that are written; renamed, made and removed in their folders
  std::vector<std::filesystem::path> sockets;  ///< folders in which Unix sockets are made and removed
  /// TCP ports; 0 is one that the kernel chooses. Nothing: any.
  std::optional<std::vector<std::uint16_t>> connect;
  std::optional<std::vector<std::uint16_t>> bind;
  /// Not empty: why privileges alone are given up; a sentence without an end.
  std::string privileges_alone{};
  bool abstract_sockets = false;  ///< sockets in the abstract namespace are needed (NOTIFY_SOCKET=@...)
};

/// What is in force.
struct Confined {
  bool privileges = false;    ///< no_new_privs, and no capabilities but those that are needed
  bool files = false;         ///< Landlock, Linux 5.13
  bool ports = false;         ///< Landlock, Linux 6.7; false too where any port may be needed
  bool system_calls = false;  ///< seccomp
  /// Why what is not in force is not: a sentence each, without an end.
  std::vector<std::string> missing{};

  /// "files, ports, system calls" or "nothing".
  std::string in_words() const;
};

// Platform: host/confinement_posix.cpp, host/confinement_windows.cpp.

/// What confine() would bring about on this machine.
Confined what_confines(const Confinement& wanted);

/// Holds for this thread and those that it starts, so before there are others. Layers that the system lacks
/// are left out; a failure is one of a layer that it has.
Result<Confined> confine(const Confinement& wanted);

/// False on systems that have no such users.
bool users_can_change();

/// From root to `user` (a uid, with its groups), who may still listen on ports below 1024. Before there are
/// other threads. Does nothing when it is `user` already; fails for anybody else but root.
Result<void> become_user(std::uint32_t user);

/// Root, or equal to it: it has capabilities that it does not need.
bool is_privileged();

}  // namespace persona::host
