#include <windows.h>
// after windows.h
#include <cstdlib>
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

std::size_t descriptor_limit() {
  return 0;
}

}  // namespace persona::host
