// Who may read a file with a secret.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace persona::identity {

/// A warning in words if others besides the owner may read the file, which has `what`; otherwise nothing.
/// Platform: permissions_posix.cpp, permissions_windows.cpp.
std::optional<std::string> permission_warning(const std::filesystem::path& file, std::string_view what);

}  // namespace persona::identity
