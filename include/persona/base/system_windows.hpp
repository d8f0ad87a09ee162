// What code for Windows needs of it: UTF-16, and the system's errors in words. Windows only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persona {

/// UTF-8 to UTF-16 and back. What is malformed becomes U+FFFD.
std::wstring to_wide(std::string_view text);
std::string from_wide(std::wstring_view text);

/// What the system says of an error of GetLastError(), RegOpenKeyExW() and the like, without its full stop.
std::string system_message(std::uint32_t code);

}  // namespace persona
