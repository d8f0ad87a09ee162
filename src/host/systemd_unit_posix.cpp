#include "systemd_unit_posix.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/ranges.h>

namespace persona::host {

namespace {

constexpr std::string_view unit_template =
#include "persona@.service.inc"
    ;

constexpr std::chrono::seconds drain_slack{5};

/// A value of a unit file, in which percent signs begin specifiers.
std::string in_unit(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return escaped;
}

/// A word of a value that is a list.
std::string in_list(const std::string& word) {
  std::string escaped;
  for (const char c : in_unit(word)) {
    escaped += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return escaped.find_first_of(" \t'\"") == std::string::npos ? escaped : '"' + escaped + '"';
}

std::string stop_timeout(Milliseconds shutdown) {
  if (shutdown.count() == 0) {
    return "infinity";
  }
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(shutdown + drain_slack).count());
}

/// The lines of the template, some of which become others.
class Unit {
 public:
  /// Lines that begin with a mark are for one kind of systemd.
  Unit(std::string_view text, bool knows_notify_reload) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      add(line, knows_notify_reload);
    }
  }

  void replace_program(const std::string& program) {
    constexpr std::string_view mark = "@PROGRAM@";
    for (std::string& line : lines_) {
      if (const auto at = line.find(mark); at != std::string::npos) {
        line.replace(at, mark.size(), in_command(program));
      }
    }
  }

  void set(std::string_view key, std::string_view value) { *line_of(key) = fmt::format("{}={}", key, value); }

  /// A line more, after that of `key`.
  void add_after(std::string_view key, std::string line) { lines_.insert(line_of(key) + 1, std::move(line)); }

  std::vector<std::string> lines() && { return std::move(lines_); }

 private:
  void add(std::string_view line, bool knows_notify_reload) {
    for (const auto& [mark, holds] : {std::pair(std::string_view("@NOTIFY_RELOAD@"), knows_notify_reload),
                                      std::pair(std::string_view("@NOTIFY_ONLY@"), !knows_notify_reload)}) {
      if (line.starts_with(mark)) {
        if (holds) {
          lines_.emplace_back(line.substr(mark.size()));
        }
        return;
      }
    }
    lines_.emplace_back(line);
  }

  /// The template has it (a unit test sees to that).
  std::vector<std::string>::iterator line_of(std::string_view key) {
    return std::find_if(lines_.begin(), lines_.end(), [key](const std::string& line) {
      return line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=';
    });
  }

  std::vector<std::string> lines_;
};

bool is_in_tmp(const std::string& folder) {
  return folder == "/tmp" || folder == "/var/tmp" || folder.starts_with("/tmp/") ||
         folder.starts_with("/var/tmp/");
}

/// Where persona writes besides its own folders. What is below /run and not there is made with the service; a
/// folder that is there may belong to another service, and is only made writable.
void set_folders(const ServiceSettings& settings, Unit& unit) {
  std::string made = "persona";
  std::vector<std::string> writable;
  const auto write_to = [&writable](const std::string& folder) {
    std::string word = in_list('-' + folder);
    if (std::find(writable.begin(), writable.end(), word) == writable.end()) {
      writable.push_back(std::move(word));
    }
  };
  bool in_tmp = false;
  for (const std::filesystem::path& folder : settings.socket_folders) {
    std::string name = folder.lexically_normal().string();
    name = name.starts_with("/var/run/") ? name.substr(std::strlen("/var")) : name;
    in_tmp = in_tmp || is_in_tmp(name);
    std::error_code failed;
    if (name == "/run/persona" || name.starts_with("/run/persona/")) {
      continue;
    }
    if (name.starts_with("/run/") && !std::filesystem::exists(folder, failed)) {
      made += ' ' + in_list(name.substr(std::strlen("/run/")));
    } else {
      write_to(name);
    }
  }
  for (const std::filesystem::path& folder : settings.log_folders) {
    const std::string name = folder.lexically_normal().string();
    if (name != "/var/log/persona" && !name.starts_with("/var/log/persona/")) {
      in_tmp = in_tmp || is_in_tmp(name);
      write_to(name);
    }
  }
  unit.set("RuntimeDirectory", made);
  if (in_tmp) {
    unit.set("PrivateTmp", "no");  // else nobody would see the socket
  }
  if (!writable.empty()) {
    unit.add_after("RuntimeDirectory", fmt::format("ReadWritePaths={}", fmt::join(writable, " ")));
  }
}

}  // namespace

std::string in_command(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    escaped += c == '$' ? std::string("$$") : std::string(1, c);
  }
  return in_list(escaped);
}

std::vector<std::string> systemd_unit(const ServiceSettings& settings, const std::string& program,
                                      unsigned version) {
  Unit unit(unit_template, version >= notify_reload_since);
  unit.replace_program(program);
  const std::string& words = settings.description.empty() ? settings.display : settings.description;
  if (!words.empty()) {
    unit.set("Description", in_unit(words));
  }
  if (!settings.account.empty()) {
    unit.set("User", settings.account);
  }
  if (!settings.socket_groups.empty()) {
    unit.add_after("User", fmt::format("SupplementaryGroups={}", fmt::join(settings.socket_groups, " ")));
    unit.add_after("User", "# Who gives a socket to a group is a member of it.");
  }
  unit.set("TimeoutStopSec", stop_timeout(settings.shutdown));
  if (settings.has_low_port) {
    unit.set("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE");
    unit.set("AmbientCapabilities", "CAP_NET_BIND_SERVICE");
  }
  set_folders(settings, unit);
  return std::move(unit).lines();
}

unsigned systemd_version(std::string_view printed) {
  constexpr std::string_view before = "systemd ";
  unsigned version = 0;
  if (printed.starts_with(before)) {
    // What does not begin with digits leaves it zero.
    static_cast<void>(
        std::from_chars(printed.data() + before.size(), printed.data() + printed.size(), version));
  }
  return version;
}

}  // namespace persona::host
