// Names as a file system compares them. Platform: file_name_posix.cpp, file_name_windows.cpp.
#pragma once

#include <string>
#include <string_view>

namespace persona::net {

/// Equal for two names that mean the same file in a folder.
std::string file_name_key(std::string_view name);

}  // namespace persona::net
