// Who may read a private key's file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace persona::identity {

/// A warning in words if others besides the owner may read the file; otherwise nothing.
/// Platform: permissions_posix.cpp, permissions_windows.cpp.
std::optional<std::string> permission_warning(const std::filesystem::path& private_key);

}  // namespace persona::identity
