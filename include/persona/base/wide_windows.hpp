// Windows only: text for and from the system, which uses UTF-16 where we use UTF-8 everywhere.
#pragma once

#include <string>
#include <string_view>

namespace persona {

/// What is not well formed becomes U+FFFD.
std::wstring to_wide(std::string_view utf8);
std::string from_wide(std::wstring_view utf16);

/// "Access is denied (error 5)": an error of GetLastError() in the system's words.
std::string windows_error_words(unsigned long code);

}  // namespace persona
