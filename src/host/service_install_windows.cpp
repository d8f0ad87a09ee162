#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "persona/base/event_log.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/wide_windows.hpp"
#include "persona/base/writers.hpp"
#include "persona/host/service_manager.hpp"
#include "persona/host/service_name.hpp"
#include "service_control_windows.hpp"

namespace persona::host {

namespace {

constexpr const char* default_account = R"(NT AUTHORITY\LocalService)";
constexpr const char* default_description =
    "Gives TCP applications an mTLS identity: forwards connections over mutually authenticated TLS";

constexpr DWORD failures_forgotten_s = 24 * 60 * 60;

// How long the system waits for it at shutdown: a drain, and its end. Where a drain has no bound, the
// system's own default for services, because a shutdown must have one.
constexpr std::chrono::milliseconds drain_slack{15'000};
constexpr std::chrono::milliseconds unbounded_drain{180'000};

std::string native(std::filesystem::path path) {
  return path_text(path.make_preferred());
}

Result<std::string> program_path() {
  std::wstring path(32'768, L'\0');  // the longest there can be
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0 || length == path.size()) {
    return fail(ErrorKind::internal, "cannot find out where this program is: {}",
                windows_error_words(GetLastError()));
  }
  return from_wide(std::wstring_view(path).substr(0, length));
}

/// The account by its identifier, whatever it is called in the system's language.
bool is_local_system(const std::string& account) {
  std::array<BYTE, SECURITY_MAX_SID_SIZE> sid{};
  DWORD sid_size = static_cast<DWORD>(sid.size());
  std::array<wchar_t, 256> domain{};
  DWORD domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  return LookupAccountNameW(nullptr, to_wide(account).c_str(), sid.data(), &sid_size, domain.data(),
                            &domain_size, &use) != 0 &&
         IsWellKnownSid(sid.data(), WinLocalSystemSid) != 0;
}

Result<ServiceCommand> command_of(const ServiceSettings& settings) {
  auto program = program_path();
  if (!program) {
    return tl::unexpected(program.error());
  }
  ServiceCommand command{std::move(*program), native(settings.config), settings.name};
  const std::string line = command.image_path();
  if (!ServiceCommand::parse(line, settings.name)) {
    return fail(
        ErrorKind::configuration,
        "this program must be called persona.exe, because its services are known by that name: it is {}",
        command.program);
  }
  if (std::count(line.begin(), line.end(), '%') > 1) {
    return fail(ErrorKind::configuration,
                "Windows treats text between percent signs as a variable: choose paths without them: {}",
                line);
  }
  return command;
}

/// Whoever may write the program, the configuration, what it names or their folders could do as the service.
Result<void> refuse_strangers(const ServiceCommand& command, const ServiceSettings& settings) {
  std::vector<std::filesystem::path> paths{path_from_text(command.program), settings.config};
  paths.insert(paths.end(), settings.files.begin(), settings.files.end());
  std::set<std::filesystem::path> told;
  std::string sentences;
  for (const auto& path : paths) {
    for (const ChangeableByOthers& one : changeable_by_others(path, {.service = settings.name})) {
      if (told.insert(one.path).second) {
        sentences += (sentences.empty() ? "" : "\n  ") + one.sentence;
      }
    }
  }
  return sentences.empty() ? Result<void>() : fail(ErrorKind::configuration, "{}", sentences);
}

/// Letters of network drives belong to a logon session, and the service has one of its own.
void warn_of_network_drive(const std::string& path, const Say& say) {
  if (path.size() > 2 && path[1] == ':' &&
      GetDriveTypeW(to_wide(path.substr(0, 2) + '\\').c_str()) == DRIVE_REMOTE) {
    say(fmt::format(
        "warning: {} is on a network drive, which services cannot see: write it as \\\\SERVER\\SHARE\\...",
        path));
  }
}

Result<void> refuse_existing(SC_HANDLE manager, const std::string& name) {
  const ServiceHandle existing(OpenServiceW(manager, to_wide(name).c_str(), SERVICE_QUERY_CONFIG));
  if (existing == nullptr) {
    const DWORD error = GetLastError();
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
      return {};
    }
    return cannot("install", name, error, "SERVICE_QUERY_CONFIG");
  }
  const auto configuration = query_configuration(existing.get(), name);
  if (!configuration) {
    return tl::unexpected(configuration.error());
  }
  if (configuration->command) {
    return fail(
        ErrorKind::configuration,
        "{0} is already installed, with {1}: uninstall it first (persona service uninstall --name {0})", name,
        configuration->command->config);
  }
  return fail(ErrorKind::configuration,
              "there is a service {} that persona did not install, so it is left alone: it runs {}", name,
              configuration->image_path);
}

/// Sets one property. A system that does not know it (Wine; no Windows from version 10 on) does without.
bool set_property(SC_HANDLE service, DWORD level, void* information, const char* what, const Say& say) {
  if (ChangeServiceConfig2W(service, level, information) != 0) {
    return true;
  }
  const DWORD error = GetLastError();
  if (error != ERROR_INVALID_LEVEL && error != ERROR_CALL_NOT_IMPLEMENTED) {
    return false;
  }
  say(fmt::format("warning: this system has no {} for services", what));
  return true;
}

bool set_properties(SC_HANDLE service, const ServiceSettings& settings, const Say& say) {
  std::wstring text = to_wide(settings.description.empty() ? default_description : settings.description);
  SERVICE_DESCRIPTIONW description{text.data()};
  std::array<SC_ACTION, restart_delays.size()> steps{};
  std::transform(restart_delays.begin(), restart_delays.end(), steps.begin(), [](auto delay) {
    return SC_ACTION{SC_ACTION_RESTART, static_cast<DWORD>(delay.count())};
  });
  SERVICE_FAILURE_ACTIONSW actions{};
  actions.dwResetPeriod = failures_forgotten_s;
  actions.cActions = static_cast<DWORD>(steps.size());
  actions.lpsaActions = steps.data();
  SERVICE_FAILURE_ACTIONS_FLAG flag{TRUE};  // when it ends with an error, too, and not only when it crashes
  SERVICE_SID_INFO sid{SERVICE_SID_TYPE_UNRESTRICTED};
  std::wstring privileges(L"SeChangeNotifyPrivilege\0", 24);  // and the end of the list by c_str()
  SERVICE_REQUIRED_PRIVILEGES_INFOW required{privileges.data()};
  const auto drain = settings.shutdown.count() == 0 ? unbounded_drain : settings.shutdown + drain_slack;
  SERVICE_PRESHUTDOWN_INFO preshutdown{static_cast<DWORD>(drain.count())};
  SERVICE_DELAYED_AUTO_START_INFO delayed{settings.start == StartType::delayed ? TRUE : FALSE};
  return set_property(service, SERVICE_CONFIG_DESCRIPTION, &description, "descriptions", say) &&
         set_property(service, SERVICE_CONFIG_FAILURE_ACTIONS, &actions, "restarts after failures", say) &&
         set_property(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag, "restarts after errors", say) &&
         set_property(service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "identities (SIDs)", say) &&
         set_property(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required, "privileges", say) &&
         set_property(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "the time to drain", say) &&
         (settings.start != StartType::delayed ||
          set_property(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "delayed starts", say));
}

void say_next_steps(const ServiceSettings& settings, const Say& say) {
  // The service's own identity, which it has whatever account it runs as.
  const std::string who = R"(NT SERVICE\)" + settings.name;
  say("Let it read its files:");
  std::error_code ignored;
  if (std::filesystem::is_directory(settings.config, ignored)) {
    say(fmt::format(R"--(  icacls "{}" /grant "{}:(RX)")--", native(settings.config), who));
  }
  for (const auto& file : settings.files) {
    say(fmt::format(R"--(  icacls "{}" /grant "{}:(R)")--", native(file), who));
  }
  say("Files that are replaced when they are renewed take the rights of their folder; for these:");
  say(fmt::format(R"--(  icacls "FOLDER" /grant "{}:(OI)(CI)(RX)")--", who));
  for (const auto& folder : settings.log_folders) {
    say("Let it write its log:");
    say(fmt::format(R"--(  icacls "{}" /grant "{}:(OI)(CI)(M)")--", native(folder), who));
  }
  say("Start it:");
  say("  persona service start --name " + settings.name);
}

}  // namespace

Result<void> install_service(const ServiceSettings& settings, const Say& say) {
  const std::string& name = settings.name;
  const auto command = command_of(settings);
  if (!command) {
    return tl::unexpected(command.error());
  }
  const auto account = check_account(settings.account.empty() ? default_account : settings.account, name);
  if (!account) {
    return tl::unexpected(account.error());
  }
  if (is_local_system(*account)) {
    return fail(ErrorKind::configuration,
                "{} is LocalSystem, which persona does not run as: leave --account out for {}", *account,
                default_account);
  }
  if (auto safe = refuse_strangers(*command, settings); !safe) {
    return safe;
  }
  auto manager = open_manager(PERSONA_RIGHT(SC_MANAGER_CREATE_SERVICE));
  if (!manager) {
    return tl::unexpected(manager.error());
  }
  if (auto is_free = refuse_existing(manager->get(), name); !is_free) {
    return is_free;
  }
  const std::string display = settings.display.empty() ? "persona " + name : settings.display;
  const DWORD start = settings.start == StartType::manual ? SERVICE_DEMAND_START : SERVICE_AUTO_START;
  std::wstring password = to_wide(settings.password);
  // Setting the restarts requires SERVICE_START.
  const ServiceHandle service(
      CreateServiceW(manager->get(), to_wide(name).c_str(), to_wide(display).c_str(),
                     SERVICE_CHANGE_CONFIG | SERVICE_START | DELETE, SERVICE_WIN32_OWN_PROCESS, start,
                     SERVICE_ERROR_NORMAL, to_wide(command->image_path()).c_str(), nullptr, nullptr, nullptr,
                     to_wide(*account).c_str(), password.empty() ? nullptr : password.c_str()));
  const DWORD error = GetLastError();
  SecureZeroMemory(password.data(), password.size() * sizeof(wchar_t));
  if (service == nullptr) {
    return cannot("install", name, error, "SC_MANAGER_CREATE_SERVICE");
  }
  Result<void> done;
  if (!set_properties(service.get(), settings, say)) {
    done = cannot("configure", name, GetLastError(), "SERVICE_CHANGE_CONFIG");
  } else {
    done = log::register_event_source(name, path_from_text(command->program));
  }
  if (!done) {
    static_cast<void>(DeleteService(service.get()));  // the first failure is the one to report
    return done;
  }
  say(fmt::format("installed {}: it runs as {}, with {}", name, *account, command->config));
  warn_of_network_drive(command->program, say);
  warn_of_network_drive(command->config, say);
  say_next_steps(settings, say);
  return {};
}

}  // namespace persona::host
