#include <array>
#include <cwchar>
#include <memory>
#include <optional>
#include <type_traits>
#include <windows.h>

#include "event_messages.h"
#include "event_text.hpp"
#include "persona/base/event_log.hpp"
#include "persona/base/text.hpp"
#include "persona/base/wide_windows.hpp"

namespace persona::log {

namespace {

constexpr const wchar_t* kLogs = L"SYSTEM\\CurrentControlSet\\Services\\EventLog";
constexpr const wchar_t* kOurLog = L"Application";
constexpr std::size_t kLongestKey = 255;

struct CloseKey {
  void operator()(HKEY key) const { RegCloseKey(key); }
};
using Key = std::unique_ptr<std::remove_pointer_t<HKEY>, CloseKey>;

/// 0, or the system's error code.
LSTATUS open_key(const std::wstring& path, REGSAM access, Key& key) {
  HKEY opened = nullptr;
  const LSTATUS status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, access, &opened);
  key.reset(opened);
  return status;
}

std::wstring source_path(const std::wstring& log, const std::wstring& source) {
  return std::wstring(kLogs) + L'\\' + log + L'\\' + source;
}

bool same_name(const std::wstring& left, const std::wstring& right) {
  return CompareStringOrdinal(left.c_str(), -1, right.c_str(), -1, TRUE) == CSTR_EQUAL;
}

std::wstring own_program() {
  std::wstring path(32'768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return path;
}

/// The file that has the source's messages; empty: none is named.
std::wstring message_file(HKEY source) {
  std::wstring path(32'768, L'\0');
  auto bytes = static_cast<DWORD>(path.size() * sizeof(wchar_t));
  if (RegGetValueW(source, nullptr, L"EventMessageFile", RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND,
                   nullptr, path.data(), &bytes) != ERROR_SUCCESS) {
    return {};
  }
  path.resize(wcslen(path.c_str()));
  return path;
}

/// The program that the source belongs to, if it belongs to another. Ours names a persona.exe, wherever that
/// is or was, or this program under whatever name; an interrupted registration leaves an empty key.
std::optional<std::string> other_owner(HKEY source) {
  const std::wstring messages = message_file(source);
  if (messages.empty()) {
    DWORD values = 0;
    const LSTATUS status = RegQueryInfoKeyW(source, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                            &values, nullptr, nullptr, nullptr, nullptr);
    return status == ERROR_SUCCESS && values == 0 ? std::nullopt : std::optional<std::string>("unknown");
  }
  const std::wstring name = std::filesystem::path(messages).filename().wstring();
  if (same_name(name, L"persona.exe") ||
      same_name(name, std::filesystem::path(own_program()).filename().wstring())) {
    return std::nullopt;
  }
  return from_wide(messages);
}

/// Another log that has a source of this name: Windows could find either of them.
std::optional<std::wstring> other_log_with(const std::wstring& source) {
  Key logs;
  if (open_key(kLogs, KEY_READ, logs) != ERROR_SUCCESS) {
    return std::nullopt;
  }
  std::array<wchar_t, kLongestKey + 1> name{};
  for (DWORD index = 0;; ++index) {
    auto length = static_cast<DWORD>(name.size());
    if (RegEnumKeyExW(logs.get(), index, name.data(), &length, nullptr, nullptr, nullptr, nullptr) !=
        ERROR_SUCCESS) {
      return std::nullopt;
    }
    const std::wstring log(name.data(), length);
    Key found;
    if (!same_name(log, kOurLog) && open_key(source_path(log, source), KEY_READ, found) == ERROR_SUCCESS) {
      return log;
    }
  }
}

tl::unexpected<Error> failed(std::string_view doing, const std::string& source, LSTATUS status) {
  if (status == ERROR_ACCESS_DENIED) {
    return fail(ErrorKind::network,
                "{} the Event Log source {} needs administrator rights: run this as administrator", doing,
                in_quotes(source));
  }
  return fail(ErrorKind::network, "{} the Event Log source {} failed: {}", doing, in_quotes(source),
              windows_error_words(static_cast<unsigned long>(status)));
}

Result<void> check_name(const std::string& source) {
  if (source.empty() || to_wide(source).size() > kLongestKey ||
      source.find_first_of(std::string_view("\\\0", 2)) != std::string::npos) {
    return fail(ErrorKind::configuration,
                "{} cannot be the name of an Event Log source: write 1 to {} characters, none of them '\\'",
                in_quotes(source), kLongestKey);
  }
  return {};
}

LSTATUS write_source(HKEY key, const std::wstring& program) {
  const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
  const auto bytes = static_cast<DWORD>((program.size() + 1) * sizeof(wchar_t));
  const LSTATUS status =
      RegSetKeyValueW(key, nullptr, L"EventMessageFile", REG_EXPAND_SZ, program.c_str(), bytes);
  return status != ERROR_SUCCESS
             ? status
             : RegSetKeyValueW(key, nullptr, L"TypesSupported", REG_DWORD, &types, sizeof(types));
}

}  // namespace

Result<void> register_event_source(const std::string& source, const std::filesystem::path& program) {
  if (auto checked = check_name(source); !checked) {
    return checked;
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(program, error);
  if (error) {
    return fail(ErrorKind::configuration, "{} is not the path of a program: {}",
                in_quotes(from_wide(program.wstring())), error.message());
  }
  const std::wstring name = to_wide(source);
  if (const auto log = other_log_with(name)) {
    return fail(ErrorKind::configuration,
                "the Event Log source {} is in use in the log {}: choose another name", in_quotes(source),
                in_quotes(from_wide(*log)));
  }
  HKEY created = nullptr;
  DWORD disposition = 0;
  LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, source_path(kOurLog, name).c_str(), 0, nullptr, 0,
                                   KEY_QUERY_VALUE | KEY_SET_VALUE, nullptr, &created, &disposition);
  const Key key(created);
  if (status != ERROR_SUCCESS) {
    return failed("registering", source, status);
  }
  if (const auto owner = other_owner(key.get())) {
    return fail(ErrorKind::configuration,
                "the Event Log source {} belongs to another program ({}): choose another name",
                in_quotes(source), printable(*owner));
  }
  status = write_source(key.get(), std::filesystem::path(absolute).make_preferred().wstring());
  if (status != ERROR_SUCCESS) {
    return failed("registering", source, status);
  }
  return {};
}

Result<void> unregister_event_source(const std::string& source) {
  if (auto checked = check_name(source); !checked) {
    return checked;
  }
  const std::wstring path = source_path(kOurLog, to_wide(source));
  Key key;
  LSTATUS status = open_key(path, KEY_READ, key);
  if (status == ERROR_FILE_NOT_FOUND) {
    return {};
  }
  if (status != ERROR_SUCCESS) {
    return failed("removing", source, status);
  }
  if (const auto owner = other_owner(key.get())) {
    return fail(ErrorKind::configuration, "the Event Log source {} belongs to another program ({}) and stays",
                in_quotes(source), printable(*owner));
  }
  key.reset();
  status = RegDeleteTreeW(HKEY_LOCAL_MACHINE, path.c_str());
  if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND) {
    return failed("removing", source, status);
  }
  return {};
}

Result<void> report_event(const std::string& source, Level level, std::string_view text) noexcept {
  try {
    const std::wstring entry = to_wide(event_text(text));
    const wchar_t* strings[] = {entry.c_str()};
    WORD type = EVENTLOG_INFORMATION_TYPE;
    DWORD id = PERSONA_EVENT_INFORMATION;
    if (level == Level::warn) {
      type = EVENTLOG_WARNING_TYPE;
      id = PERSONA_EVENT_WARNING;
    } else if (level == Level::error) {
      type = EVENTLOG_ERROR_TYPE;
      id = PERSONA_EVENT_ERROR;
    }
    const HANDLE log = RegisterEventSourceW(nullptr, to_wide(source).c_str());
    if (log == nullptr) {
      return failed("writing to", source, static_cast<LSTATUS>(GetLastError()));
    }
    const bool is_written = ReportEventW(log, type, 0, id, nullptr, 1, 0, strings, nullptr) != 0;
    const auto status = static_cast<LSTATUS>(GetLastError());
    DeregisterEventSource(log);
    if (!is_written) {
      return failed("writing to", source, status);
    }
    return {};
  } catch (...) {
    return tl::unexpected(Error{ErrorKind::network, "out of memory"});  // short enough to need none
  }
}

}  // namespace persona::log
