#include "persona/base/system_windows.hpp"

#include <windows.h>

#include <fmt/format.h>

namespace persona {

// Nothing of ours is as long as an int can count.
std::wstring to_wide(std::string_view text) {
  const int size = static_cast<int>(text.size());
  std::wstring wide(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0)),
                    L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), size, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

std::string from_wide(std::wstring_view text) {
  const int size = static_cast<int>(text.size());
  std::string narrow(static_cast<std::size_t>(
                         WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr)),
                     '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), size, narrow.data(), static_cast<int>(narrow.size()), nullptr,
                      nullptr);
  return narrow;
}

std::string system_message(std::uint32_t code) {
  wchar_t* allocated = nullptr;
  const DWORD length = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                                          FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                      nullptr, code, 0, reinterpret_cast<wchar_t*>(&allocated), 0, nullptr);
  std::wstring text(allocated == nullptr ? L"" : allocated, length);
  LocalFree(allocated);
  while (!text.empty() && (text.back() == L' ' || text.back() == L'.')) {
    text.pop_back();
  }
  return text.empty() ? fmt::format("error {}", code) : from_wide(text);
}

}  // namespace persona
