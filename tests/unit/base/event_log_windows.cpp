#include <array>
#include <cwchar>
#include <string>
#include <windows.h>

#include <doctest/doctest.h>

#include "event_messages.h"
#include "persona/base/event_log.hpp"
#include "persona/base/wide_windows.hpp"

using persona::Result;
using persona::to_wide;
using persona::log::Level;
using persona::log::register_event_source;
using persona::log::report_event;
using persona::log::unregister_event_source;

namespace {

const std::wstring kLogs = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\";

std::string error_of(const Result<void>& result) {
  return result ? "none" : result.error().message;
}

/// A source of another program's making; gone at the end whatever happens.
struct Source {
  explicit Source(std::wstring log_and_name) : path(kLogs + log_and_name) { remove(); }
  ~Source() { remove(); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void remove() const { RegDeleteTreeW(HKEY_LOCAL_MACHINE, path.c_str()); }
  void set(const wchar_t* value, const std::wstring& text) const {
    REQUIRE(RegSetKeyValueW(HKEY_LOCAL_MACHINE, path.c_str(), value, REG_SZ, text.c_str(),
                            static_cast<DWORD>((text.size() + 1) * sizeof(wchar_t))) == ERROR_SUCCESS);
  }
  void create() const {
    HKEY key = nullptr;
    REQUIRE(RegCreateKeyW(HKEY_LOCAL_MACHINE, path.c_str(), &key) == ERROR_SUCCESS);
    RegCloseKey(key);
  }
  bool exists() const {
    HKEY key = nullptr;
    const bool found = RegOpenKeyW(HKEY_LOCAL_MACHINE, path.c_str(), &key) == ERROR_SUCCESS;
    RegCloseKey(key);
    return found;
  }
  std::wstring messages() const {
    std::array<wchar_t, 512> text{};
    DWORD bytes = sizeof(text);
    RegGetValueW(HKEY_LOCAL_MACHINE, path.c_str(), L"EventMessageFile", RRF_RT_ANY | RRF_NOEXPAND, nullptr,
                 text.data(), &bytes);
    return text.data();
  }
  DWORD types() const {
    DWORD types = 0;
    DWORD bytes = sizeof(types);
    RegGetValueW(HKEY_LOCAL_MACHINE, path.c_str(), L"TypesSupported", RRF_RT_REG_DWORD, nullptr, &types,
                 &bytes);
    return types;
  }

  std::wstring path;
};

}  // namespace

TEST_CASE("an event source is registered, registered again and removed") {
  const Source source(L"Application\\persona-unit-g\u00fcter");
  const std::string name = "persona-unit-g\xc3\xbcter";
  REQUIRE(error_of(register_event_source(name, "C:\\old\\persona.exe")) == "none");
  REQUIRE(error_of(register_event_source(name, to_wide("C:/programs \xc3\xbc/Persona.exe"))) == "none");
  CHECK(persona::from_wide(source.messages()) == "C:\\programs \xc3\xbc\\Persona.exe");
  CHECK(source.types() == 7);
  CHECK(error_of(unregister_event_source(name)) == "none");
  CHECK(!source.exists());
  CHECK(error_of(unregister_event_source(name)) == "none");
}

TEST_CASE("another program's event source is left alone") {
  const Source source(L"Application\\persona-unit-other");
  source.set(L"EventMessageFile", L"C:\\other\\notpersona.exe");
  const std::string whose =
      "the Event Log source \"persona-unit-other\" belongs to another program "
      "(C:\\other\\notpersona.exe)";
  CHECK(error_of(register_event_source("persona-unit-other", "C:\\persona.exe")) ==
        whose + ": choose another name");
  CHECK(error_of(unregister_event_source("persona-unit-other")) == whose + " and stays");
  CHECK(source.messages() == L"C:\\other\\notpersona.exe");
  CHECK(source.types() == 0);
}

TEST_CASE("an event source without messages is another program's, unless it is empty") {
  const Source source(L"Application\\persona-unit-bare");
  source.set(L"CategoryMessageFile", L"C:\\other.dll");
  CHECK(
      error_of(register_event_source("persona-unit-bare", "C:\\persona.exe")) ==
      "the Event Log source \"persona-unit-bare\" belongs to another program (unknown): choose another name");
  CHECK(error_of(unregister_event_source("persona-unit-bare")) ==
        "the Event Log source \"persona-unit-bare\" belongs to another program (unknown) and stays");
  CHECK(source.exists());
  source.remove();
  source.create();
  CHECK(error_of(register_event_source("persona-unit-bare", "C:\\persona.exe")) == "none");
  source.remove();
  source.create();
  CHECK(error_of(unregister_event_source("persona-unit-bare")) == "none");
  CHECK(!source.exists());
}

TEST_CASE("an event source of another log is not made a second time") {
  const Source source(L"System\\persona-unit-system");
  source.create();
  CHECK(error_of(register_event_source("persona-unit-system", "C:\\persona.exe")) ==
        "the Event Log source \"persona-unit-system\" is in use in the log \"System\": choose another name");
  CHECK(error_of(unregister_event_source("persona-unit-system")) == "none");
  CHECK(source.exists());
}

TEST_CASE("a name that would be a path in the registry is refused") {
  for (const std::string& name : {std::string(), std::string("a\\b"), std::string(256, 'x')}) {
    CHECK(error_of(register_event_source(name, "C:\\persona.exe")).find("cannot be the name") !=
          std::string::npos);
    CHECK(error_of(unregister_event_source(name)).find("cannot be the name") != std::string::npos);
  }
}

// That the entry is there cannot be seen under Wine, which stores none.
TEST_CASE("an entry can be written before its source is registered") {
  CHECK(error_of(report_event("persona-unit-none", Level::error, "a test of persona: 100%")) == "none");
}

TEST_CASE("the message table has one text for every level, the entry's own") {
  for (const DWORD id :
       std::array<DWORD, 3>{PERSONA_EVENT_INFORMATION, PERSONA_EVENT_WARNING, PERSONA_EVENT_ERROR}) {
    const std::wstring entry = L"one\r\ntwo";
    const wchar_t* inserted[] = {entry.c_str()};
    std::array<wchar_t, 64> text{};
    // By a va_list that is an array, as the Event Viewer does it.
    FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, GetModuleHandleW(nullptr), id,
                   0, text.data(), static_cast<DWORD>(text.size()),
                   reinterpret_cast<va_list*>(const_cast<wchar_t**>(inserted)));
    CHECK(std::wstring(text.data()).starts_with(entry));
  }
}
