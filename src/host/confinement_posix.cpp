#include <fmt/format.h>

#include "layers_posix.hpp"

namespace persona::host {

std::string Confined::in_words() const {
  std::vector<const char*> layers;
  if (files) {
    layers.push_back("files");
  }
  if (ports) {
    layers.push_back("ports");
  }
  if (system_calls) {
    layers.push_back("system calls");
  }
  if (privileges) {
    layers.push_back("privileges");
  }
  return layers.empty() ? "nothing" : fmt::format("{}", fmt::join(layers, ", "));
}

Confined what_confines(const Confinement& wanted) {
  Confined confined;
  const int version = landlock_version();
#ifdef __linux__
  confined.privileges = true;
#endif
  if (!wanted.privileges_alone.empty()) {
    confined.missing.push_back(wanted.privileges_alone);
    return confined;
  }
  confined.files = version > 0;
  confined.ports = version >= landlock_with_ports && (wanted.connect || wanted.bind);
  if (!confined.files) {
    confined.missing.emplace_back(
        "this kernel has no Landlock (Linux 5.13; it may be switched off by lsm= or by a container), so "
        "files "
        "and ports are not restricted");
  } else if (version < landlock_with_ports) {
    confined.missing.emplace_back("this kernel's Landlock knows no ports (Linux 6.7)");
  } else if (!confined.ports) {
    confined.missing.emplace_back(
        "ports are not restricted, since files with others may be added to the folder");
  }
  const std::string_view why = why_no_seccomp();
  confined.system_calls = why.empty();
  if (!why.empty()) {
    confined.missing.emplace_back(why);
  }
  return confined;
}

Result<Confined> confine(const Confinement& wanted) {
  Confined confined = what_confines(wanted);
  if (auto dropped = confined.privileges ? drop_privileges() : Result<void>(); !dropped) {
    return tl::unexpected(dropped.error());
  }
  if (confined.files) {
    if (auto restricted = restrict_by_landlock(wanted, landlock_version()); !restricted) {
      return tl::unexpected(restricted.error());
    }
  }
  if (confined.system_calls) {
    if (auto restricted = restrict_system_calls(); !restricted) {
      return tl::unexpected(restricted.error());
    }
  }
  return confined;
}

}  // namespace persona::host
