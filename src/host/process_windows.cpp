#include <windows.h>
// after windows.h
#include <cstdlib>
#include <cwchar>
#include <io.h>
#include <shellapi.h>

#include "persona/base/wide_windows.hpp"
#include "persona/host/process.hpp"

namespace persona::host {

namespace {

UINT console_code_page = 0;

/// What we print is UTF-8. The console's code page outlives us, so it is restored.
void speak_utf8() {
  console_code_page = GetConsoleOutputCP();  // 0: there is no console
  if (console_code_page != 0 && console_code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8) != 0) {
    // Fails only for want of memory.
    static_cast<void>(std::atexit([] { SetConsoleOutputCP(console_code_page); }));
  }
}

/// The heap has private keys and session keys: it stays out of error reports.
void keep_memory_private() {
  constexpr DWORD no_heap = 1;  // WER_FAULT_REPORTING_FLAG_NOHEAP; mingw's werapi.h cannot be included
  using SetFlags = HRESULT(WINAPI*)(DWORD);
  const HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  if (const auto set_flags =
          reinterpret_cast<SetFlags>(reinterpret_cast<void*>(GetProcAddress(kernel, "WerSetFlags")))) {
    static_cast<void>(set_flags(no_heap));  // best effort
  }
}

}  // namespace

std::vector<std::string> command_line(int, char**) {
  // Those of main() have been converted to the machine's code page.
  int count = 0;
  wchar_t** wide = CommandLineToArgvW(GetCommandLineW(), &count);
  std::vector<std::string> arguments;
  for (int i = 0; i < count; ++i) {
    arguments.push_back(from_wide(wide[i]));
  }
  LocalFree(wide);
  return arguments;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const std::wstring wide = to_wide(name);
  std::wstring value(GetEnvironmentVariableW(wide.c_str(), nullptr, 0),
                     L'\0');  // with the character at its end
  if (value.empty()) {
    return std::nullopt;
  }
  value.resize(GetEnvironmentVariableW(wide.c_str(), value.data(), static_cast<DWORD>(value.size())));
  return from_wide(value.c_str());
}

std::vector<std::string> environment_names() {
  std::vector<std::string> names;
  wchar_t* const block = GetEnvironmentStringsW();
  for (const wchar_t* each = block; each != nullptr && *each != L'\0'; each += std::wcslen(each) + 1) {
    const std::string entry = from_wide(each);
    names.push_back(entry.substr(0, entry.find('=', 1)));  // "=C:" is the folder of a drive
  }
  if (block != nullptr) {
    FreeEnvironmentStringsW(block);
  }
  return names;
}

Result<void> open_standard_streams() {
  return {};
}

void prepare_process() {
  speak_utf8();
  // No message box that a service would wait on. It returns the previous mode.
  static_cast<void>(SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX));
  keep_memory_private();
  // libuv has a pool of four threads, on which the files of services are loaded: a few on network drives that
  // hang would use them up for everybody.
  if (std::getenv("UV_THREADPOOL_SIZE") == nullptr) {
    static_cast<void>(_putenv_s("UV_THREADPOOL_SIZE", "16"));  // libuv reads the C library's environment
  }
}

// A console that is none of these (a pipe, a file) has no mode; before Windows 10 it refuses this one.
bool takes_colour(std::FILE* stream) {
  const char* none = std::getenv("NO_COLOR");
  if ((none != nullptr && *none != '\0') || _isatty(_fileno(stream)) == 0) {
    return false;
  }
  const auto console = reinterpret_cast<HANDLE>(_get_osfhandle(_fileno(stream)));
  constexpr DWORD escapes = 0x0004;  // ENABLE_VIRTUAL_TERMINAL_PROCESSING
  DWORD mode = 0;
  return GetConsoleMode(console, &mode) != 0 && SetConsoleMode(console, mode | escapes) != 0;
}

std::size_t descriptor_limit() {
  return 0;
}

}  // namespace persona::host
