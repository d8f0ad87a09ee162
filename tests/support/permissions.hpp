// Who may read a file of a test. Platform: permissions_posix.cpp, permissions_windows.cpp.
#pragma once

#include <filesystem>

namespace support {

/// As a private key should be.
void make_private(const std::filesystem::path& file);

/// Owner and others may read it, as a private key should not be.
void let_others_read(const std::filesystem::path& file);

}  // namespace support
