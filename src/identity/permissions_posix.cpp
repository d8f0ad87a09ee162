// POSIX only: another platform has its own permissions_*.cpp.
#include <sys/stat.h>

#include <fmt/format.h>

#include "persona/identity/permissions.hpp"

namespace persona::identity {

std::optional<std::string> permission_warning(const std::filesystem::path& file, std::string_view what) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return std::nullopt;  // loading it reports why
  }
  // Owned by root and readable by a service's group: that is how packages give keys to services that do not
  // run as root.
  const bool handed_to_group = status.st_uid == 0;
  const mode_t others = handed_to_group ? S_IROTH : (S_IRGRP | S_IROTH);
  if ((status.st_mode & others) == 0) {
    return std::nullopt;
  }
  return fmt::format("others besides its owner can read {} (mode {:04o}): chmod {} {}", what,
                     status.st_mode & 07777U, handed_to_group ? "o-rwx" : "600", file.string());
}

}  // namespace persona::identity
