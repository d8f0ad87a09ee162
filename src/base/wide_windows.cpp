#include "persona/base/wide_windows.hpp"

#include <windows.h>

#include <fmt/format.h>

namespace persona {

std::wstring to_wide(std::string_view utf8) {
  const int size = static_cast<int>(utf8.size());
  std::wstring wide(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, nullptr, 0)),
                    L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

std::string from_wide(std::wstring_view utf16) {
  const int size = static_cast<int>(utf16.size());
  std::string text(static_cast<std::size_t>(
                       WideCharToMultiByte(CP_UTF8, 0, utf16.data(), size, nullptr, 0, nullptr, nullptr)),
                   '\0');
  WideCharToMultiByte(CP_UTF8, 0, utf16.data(), size, text.data(), static_cast<int>(text.size()), nullptr,
                      nullptr);
  return text;
}

std::string windows_error_words(unsigned long code) {
  wchar_t* text = nullptr;
  const DWORD length = FormatMessageW(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr,
      code, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  std::string words = length == 0 ? "" : from_wide({text, length});
  LocalFree(text);
  words.erase(words.find_last_not_of(" .\r\n") + 1);
  return words.empty() ? fmt::format("error {}", code) : fmt::format("{} (error {})", words, code);
}

}  // namespace persona
