// systemd: commands are printed and not run, so that the administrator sees them before root runs them.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "persona/base/text.hpp"
#include "persona/host/service_manager.hpp"
#include "persona/host/service_name.hpp"
#include "systemd_unit_posix.hpp"

namespace persona::host {

namespace {

constexpr const char* unit_file = "/etc/systemd/system/persona@.service";

/// Quoted as a word for a shell.
std::string in_shell(const std::string& text) {
  const auto is_plain = [](char c) {
    return is_letter_or_digit(c) || std::string_view("/._-@+=:,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string program_path() {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "/usr/bin/persona" : path.string();
}

Result<void> say_command(const std::string& command, const Say& say) {
  say("systemctl " + command);
  return {};
}

std::string unit_of(const std::string& name) {
  return "persona@" + name;
}

/// What a command for the shell prints, whatever its exit code is.
Result<std::string> output_of(const std::string& command) {
  struct Close {
    void operator()(std::FILE* pipe) const { pclose(pipe); }  // its exit code says less than what it printed
  };
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "re"));
  if (!pipe) {
    return fail(ErrorKind::network, "cannot run systemctl: {}", std::generic_category().message(errno));
  }
  std::string output;
  std::array<char, 512> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe.get())) {
    output.append(part.data(), count);
  }
  return output;
}

/// Of lines NAME=VALUE; empty when it is not there.
std::string property(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
      return std::string(line.substr(name.size() + 1));
    }
  }
  return "";
}

/// Where it has to be for the unit to find it. The unit is for files, so a folder has a drop-in besides.
void say_configuration(const ServiceSettings& settings, const Say& say) {
  const std::string shown = in_shell(settings.config.string());
  const std::string place = "/etc/persona/" + settings.name;
  std::error_code failed;
  if (!std::filesystem::is_directory(settings.config, failed)) {
    if (settings.config != place + ".yaml") {
      say(fmt::format("#   install -D -m 0644 {} {}.yaml", shown, place));
      say("#   (the paths that it names are then relative to /etc/persona)");
    }
    return;
  }
  const std::string drop_ins = fmt::format("/etc/systemd/system/{}.service.d", unit_of(settings.name));
  if (settings.config != place) {
    say(fmt::format("#   install -d -m 0755 {}", place));
    say(fmt::format("#   install -m 0644 {}/*.yaml {}", shown, place));
    say(fmt::format("#   (the paths that they name are then relative to {})", place));
  }
  say(fmt::format("#   install -d -m 0755 {}", drop_ins));
  say(
      fmt::format("#   printf '[Service]\\nExecStart=\\nExecStart=%s run --config /etc/persona/%%i\\n' {} "
                  ">{}/folder.conf",
                  in_shell(in_command(program_path())), drop_ins));
}

}  // namespace

Manager service_manager() {
  return Manager::systemd;
}

Result<void> install_service(const ServiceSettings& settings, const Say& say) {
  if (!settings.password.empty()) {
    return fail(ErrorKind::configuration,
                "--password-file is for Windows accounts: systemd needs no password");
  }
  const std::string account = settings.account.empty() ? "persona" : settings.account;
  if (!check_service_name(account)) {  // what useradd accepts, and no more than User= can take
    return fail(ErrorKind::configuration, "--account: {} is not a user name", in_quotes(account));
  }
  say(fmt::format("# {}: one unit for all persona services.", unit_file));
  say("# Nothing has been done yet. As root:");
  say(fmt::format("#   persona service install --name {} --config {} >{}", settings.name,
                  in_shell(settings.config.string()), unit_file));
  if (settings.account.empty()) {
    say("#   useradd --system --no-create-home --shell /usr/sbin/nologin persona");
  }
  say_configuration(settings, say);
  say(fmt::format("# {} must be able to read these, and nobody else those with a key:", account));
  for (const auto& file : settings.files) {
    say("#   " + in_shell(file.string()));
  }
  say("#   systemctl daemon-reload");
  say(fmt::format("#   systemctl {} {}", settings.start == StartType::manual ? "start" : "enable --now",
                  unit_of(settings.name)));
  const auto version = output_of("systemctl --version 2>/dev/null");
  for (const std::string& line :
       systemd_unit(settings, program_path(), version ? systemd_version(*version) : 0)) {
    say(line);
  }
  return {};
}

Result<void> uninstall_service(const std::string& name, const Say& say) {
  say("# The configuration stays, and so does the unit, which is for all services.");
  return say_command("disable --now " + unit_of(name), say);
}

Result<void> start_service(const std::string& name, const Say& say) {
  return say_command("start " + unit_of(name), say);
}

Result<void> stop_service(const std::string& name, const Say& say) {
  return say_command("stop " + unit_of(name), say);
}

Result<void> restart_service(const std::string& name, const Say& say) {
  return say_command("restart " + unit_of(name), say);
}

Result<void> reload_service(const std::string& name, const Say& say) {
  say("# The result is in its log: journalctl -u " + unit_of(name));
  return say_command("reload " + unit_of(name), say);
}

Result<bool> show_service(const std::string& name, const Say& say) {
  const std::string unit = unit_of(name);
  static_cast<void>(say_command("status " + unit, say));
  // Names have nothing in them that a shell would take for more (check_service_name).
  const auto state = output_of("systemctl show --property=LoadState,ActiveState,SubState,MainPID " + unit +
                               ".service 2>/dev/null");
  if (!state) {
    return tl::unexpected(state.error());
  }
  const std::string load = property(*state, "LoadState");
  const std::string active = property(*state, "ActiveState");
  if (load.empty() || active.empty()) {
    return fail(ErrorKind::network,
                "what {} does is not known: systemctl does not answer; is this machine run by systemd?",
                unit);
  }
  if (load != "loaded" && active == "inactive") {
    return fail(ErrorKind::configuration,
                "there is no unit {} (systemd says: {}): persona service install --help says how to make it",
                unit, load);
  }
  const std::string process = property(*state, "MainPID");
  say(fmt::format("# {}: {} ({}){}", unit, active, property(*state, "SubState"),
                  process.empty() || process == "0" ? "" : ", process " + process));
  return active == "active" || active == "reloading" || active == "refreshing";
}

Result<void> list_services(const Say& say) {
  return say_command("list-units --all 'persona@*'", say);
}

}  // namespace persona::host
