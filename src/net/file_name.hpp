// Names as a file system compares them. Platform: file_name_posix.cpp, file_name_windows.cpp.
#pragma once

#include <string>
#include <string_view>

namespace persona::net {

/// The same for two names of one file in one folder.
std::string file_name_key(std::string_view name);

}  // namespace persona::net
