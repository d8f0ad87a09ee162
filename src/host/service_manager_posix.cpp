// systemd: commands are printed and not run, so that the administrator sees them before root runs them.
#include <algorithm>

#include "persona/base/text.hpp"
#include "persona/host/service_manager.hpp"
#include "persona/host/service_name.hpp"

namespace persona::host {

namespace {

constexpr const char* unit_file = "/etc/systemd/system/persona@.service";
constexpr std::chrono::seconds drain_slack{5};

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

/// A value of a unit file, in which percent signs begin specifiers.
std::string in_unit(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return escaped;
}

/// A word of ExecStart.
std::string in_command(const std::string& path) {
  std::string escaped;
  for (const char c : in_unit(path)) {
    escaped += c == '"' || c == '\\' ? std::string("\\") + c
               : c == '$'            ? std::string("$$")
                                     : std::string(1, c);
  }
  return escaped.find_first_of(" \t'\"") == std::string::npos ? escaped : '"' + escaped + '"';
}

std::string program_path() {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "/usr/bin/persona" : path.string();
}

std::string stop_timeout(Milliseconds shutdown) {
  if (shutdown.count() == 0) {
    return "infinity";
  }
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(shutdown + drain_slack).count());
}

constexpr const char* unit_hardening = R"(
# Ports below 1024 need this:
#AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
# Keys that root alone may read: name /run/credentials/persona@NAME.service/key in the configuration.
#LoadCredential=key:/etc/persona/%i.key
LimitNOFILE=65536
# Keeps keys out of swap: persona locks its memory where there is no limit.
LimitMEMLOCK=infinity
LimitCORE=0
# For listen: unix:/run/persona/... and log.file: /var/log/persona/...
RuntimeDirectory=persona
RuntimeDirectoryPreserve=yes
LogsDirectory=persona
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateTmp=yes
PrivateDevices=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target)";

Result<void> say_command(const std::string& command, const Say& say) {
  say("systemctl " + command);
  return {};
}

std::string unit_of(const std::string& name) {
  return "persona@" + name;
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
  const std::string config = "/etc/persona/" + settings.name + ".yaml";
  say(fmt::format("# {}: one unit for all persona services.", unit_file));
  say("# Nothing has been done yet. As root:");
  say(fmt::format("#   persona service install --name {} --config {} >{}", settings.name,
                  in_shell(settings.config.string()), unit_file));
  if (settings.account.empty()) {
    say("#   useradd --system --no-create-home --shell /usr/sbin/nologin persona");
  }
  if (settings.config != config) {
    say(fmt::format("#   install -D -m 0644 {} {}", in_shell(settings.config.string()), config));
    say("#   (the paths that it names are then relative to /etc/persona)");
  }
  say(fmt::format("# {} must be able to read these, and nobody else those with a key:", account));
  for (const auto& file : settings.files) {
    say("#   " + in_shell(file.string()));
  }
  say("#   systemctl daemon-reload");
  say(fmt::format("#   systemctl {} {}", settings.start == StartType::manual ? "start" : "enable --now",
                  unit_of(settings.name)));
  const std::string& words = settings.description.empty() ? settings.display : settings.description;
  say("[Unit]");
  say("Description=" + (words.empty() ? "persona: mTLS for TCP applications (%i)" : in_unit(words)));
  say("Wants=network-online.target");
  say("After=network-online.target");
  say("");
  say("[Service]");
  say("Type=exec");
  say("ExecStart=" + in_command(program_path()) + " run --config /etc/persona/%i.yaml");
  say("ExecReload=/bin/kill -HUP $MAINPID");
  say("User=" + account);
  say("Restart=on-failure");
  say("RestartSec=5");
  say("# Trying again does not fix a configuration that has errors, or an address that is in use.");
  say("RestartPreventExitStatus=2");
  say("# timeouts.shutdown, and a little more");
  say("TimeoutStopSec=" + stop_timeout(settings.shutdown));
  say(unit_hardening + 1);
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
  static_cast<void>(say_command("status " + unit_of(name), say));
  return true;
}

Result<void> list_services(const Say& say) {
  return say_command("list-units --all 'persona@*'", say);
}

}  // namespace persona::host
