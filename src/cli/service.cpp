// persona service: has the system's service manager run `persona run`, or says how.
#include "service.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "config_option.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/host/service_manager.hpp"
#include "persona/host/service_name.hpp"
#include "persona/x509/file.hpp"
#include "prepare.hpp"

namespace persona::cli {

namespace {

using host::ServiceSettings;
using host::StartType;

constexpr std::size_t longest_password = 1'024;

bool is_windows() {
  return host::service_manager() == host::Manager::windows;
}

std::string service_help() {
  return is_windows() ? "Run persona as a Windows service"
                      : "Show how to run persona as a systemd service: each verb prints commands";
}

std::string service_footer() {
  const std::string exits =
      "\n\nExit codes: 0 done, 1 the system refused or failed, 2 usage, configuration, or a service that\n"
      "does not exist or is not persona's; of status: 0 it is running, 3 it is not, 4 there is no such\n"
      "service or its state cannot be found out, 2 usage.";
  if (!is_windows()) {
    return "On this system each verb prints what to do, as root, with the unit persona@NAME; nothing is "
           "done.\n"
           "install checks the configuration first and prints the unit; status asks systemd as well.\n"
           "\n"
           "Example:\n"
           "  persona service install --name pg --config /etc/persona/pg.yaml" +
           exits;
  }
  return fmt::format(
      "One service per configuration, side by side. They run as LocalService unless --account says\n"
      "otherwise, each with an identity of its own, NT SERVICE\\NAME, for access rights. After a failure\n"
      "Windows starts them again {},\n"
      "with the reason in the Event Log each time. Only services that persona has installed are shown\n"
      "and touched. All verbs but status and list need a prompt opened with \"Run as administrator\".\n"
      "\n"
      "Example:\n"
      "  persona service install --name pg --config C:\\ProgramData\\persona\\pg\\pg.yaml\n"
      "  persona service start --name pg{}",
      host::restarts_in_words, exits);
}

std::string install_footer() {
  return is_windows()
             ? "The configuration is checked first, and its path stored absolute. What remains to be done "
               "(rights to\n"
               "read the files) is printed. Install again after raising timeouts.shutdown: how long a "
               "shutdown of\n"
               "the system waits is set here."
             : "The unit is for all services: each runs /etc/persona/NAME.yaml. --account becomes its User=.";
}

int complain(const Error& error, std::FILE* err) {
  std::fprintf(err, "persona: %s\n", error.message.c_str());
  return error.kind == ErrorKind::configuration ? exit_usage : exit_failure;
}

constexpr int first_free_port = 1024;
constexpr std::size_t longest_text = 256;  // what Windows displays for a service

Result<void> check_one_line(std::string_view option, const std::string& text) {
  if (utf8_length(text) > longest_text) {
    return fail(ErrorKind::configuration, "{} is longer than {} characters", option, longest_text);
  }
  if (printable(text) != text) {
    return fail(ErrorKind::configuration, "{} must be one line of printable characters: {}", option,
                in_quotes(text));
  }
  return {};
}

Result<std::string> read_password(const std::filesystem::path& file) {
  const auto password = x509::read_password_file(file);
  if (!password) {
    return fail(ErrorKind::configuration, "--password-file: cannot read a password: {}",
                password.error().message);
  }
  if (password->view().size() > longest_password) {
    return fail(ErrorKind::configuration, "--password-file: the first line of {} is too long",
                path_text(file));
  }
  if (password->view().empty()) {
    return fail(ErrorKind::configuration, "--password-file: cannot read a password from the first line of {}",
                path_text(file));
  }
  return std::string(password->view());
}

template <class T>
void add_once(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) {
    list.push_back(value);
  }
}

void describe(const config::Listen& listen, ServiceSettings& settings) {
  if (listen.value.is_unix()) {
    add_once(settings.socket_folders, path_from_text(listen.value.path).parent_path());
  } else if (listen.value.port != 0 && listen.value.port < first_free_port) {
    settings.has_low_port = true;
  }
  if (listen.group) {
    add_once(settings.socket_groups, listen.group->value);
  }
}

/// What the service manager has to know about the configuration.
void describe(const std::vector<Prepared>& services, ServiceSettings& settings) {
  bool is_bounded = true;
  for (const Prepared& service : services) {
    is_bounded = is_bounded && service.config.timeouts.shutdown.count() != 0;
    settings.shutdown = std::max(settings.shutdown, service.config.timeouts.shutdown);
    for (const auto& file : service.files) {
      add_once(settings.files, file);
    }
    for (const std::string& file : {service.config.log.file, service.config.audit_file}) {
      if (!file.empty()) {
        add_once(settings.log_folders, path_from_text(file).parent_path());
      }
    }
    for (const config::Listen& listen : service.config.listen) {
      describe(listen, settings);
    }
    if (service.config.admin) {
      describe(*service.config.admin, settings);
    }
  }
  if (!is_bounded) {
    settings.shutdown = {};
  }
}

}  // namespace

struct ServiceCommand::Options {
  struct Verb {
    CLI::App* command;
    std::function<Result<void>(const host::Say&)> act;
  };

  CLI::App* service = nullptr;
  CLI::App* install = nullptr;
  CLI::App* status = nullptr;
  CLI::App* list = nullptr;
  std::vector<Verb> verbs;
  ServiceSettings settings;
  std::string config;
  std::string start = "auto";
  std::string password_file;

  void add_name(CLI::App* command) {
    command->add_option("--name,-n", settings.name, "The service")->required()->type_name("NAME");
  }

  void declare_install();
  void declare(const char* name, const char* help,
               Result<void> (*act)(const std::string& name, const host::Say& say));
  Result<void> complete();
  int run_install(const host::Say& say, std::FILE* err);
  int run_status(const host::Say& say, std::FILE* err) const;
  int run(std::FILE* out, std::FILE* err);
};

void ServiceCommand::Options::declare_install() {
  install = service->add_subcommand("install", is_windows() ? "Install a service" : "Print the unit");
  add_name(install);
  add_config(*install, config)->required();
  install->add_option("--start", start, "auto (with the system), delayed (a little later) or manual")
      ->check(CLI::IsMember({"auto", "delayed", "manual"}))
      ->type_name("START")
      ->capture_default_str();
  install
      ->add_option("--account", settings.account,
                   is_windows()
                       ? "Who it runs as: LocalService by default; \"NT SERVICE\\NAME\", DOMAIN\\gmsa$, "
                         "DOMAIN\\user; never LocalSystem"
                       : "Who it runs as: persona by default")
      ->type_name("ACCOUNT");
  install
      ->add_option("--password-file", password_file,
                   "Its first line is the account's password, if it needs one")
      ->type_name("FILE");
  install
      ->add_option("--display", settings.display, "What lists of services show; by default \"persona NAME\"")
      ->type_name("TEXT");
  install->add_option("--description", settings.description, "What it is for")->type_name("TEXT");
  install->footer(install_footer());
}

void ServiceCommand::Options::declare(const char* name, const char* help,
                                      Result<void> (*act)(const std::string& name, const host::Say& say)) {
  CLI::App* command = service->add_subcommand(name, help);
  add_name(command);
  verbs.push_back({command, [this, act](const host::Say& say) { return act(settings.name, say); }});
}

ServiceCommand::ServiceCommand(CLI::App& app)
    : CommandGroup(app, "service", service_help()), options_(std::make_unique<Options>()) {
  Options& all = *options_;
  all.service = &command();
  all.service->footer(service_footer());
  all.declare_install();
  all.declare("uninstall", "Stop a service, draining, and remove it", &host::uninstall_service);
  all.declare("start", "Start it, and wait until it listens", &host::start_service);
  all.declare("stop", "Stop it; connections have timeouts.shutdown to end by themselves",
              &host::stop_service);
  all.declare("restart", "Stop and start it", &host::restart_service);
  all.declare("reload", "Make it reload its configuration and certificates", &host::reload_service);
  all.status = all.service->add_subcommand("status", "Show whether it runs, and how it is set up");
  all.add_name(all.status);
  all.status->footer(
      "Exit codes: 0 it is running, 3 it is not, 4 there is no such service or its state cannot be found "
      "out,\n2 usage.");
  all.list = all.service->add_subcommand("list", "Show the services that persona has installed");
  all.verbs.push_back({all.list, [](const host::Say& say) { return host::list_services(say); }});
}

ServiceCommand::~ServiceCommand() = default;

/// The settings that the command line alone decides.
Result<void> ServiceCommand::Options::complete() {
  if (install->count("--account") > 0 && settings.account.empty()) {
    return fail(ErrorKind::configuration, "--account is empty: leave it out for an account with few rights");
  }
  for (const auto& [option, text] :
       {std::pair("--account", &settings.account), std::pair("--display", &settings.display),
        std::pair("--description", &settings.description)}) {
    if (auto good = check_one_line(option, *text); !good) {
      return good;
    }
  }
  if (!password_file.empty()) {
    auto password = read_password(path_from_text(password_file));
    if (!password) {
      return tl::unexpected(password.error());
    }
    settings.password = std::move(*password);
  }
  settings.start = start == "manual"    ? StartType::manual
                   : start == "delayed" ? StartType::delayed
                                        : StartType::automatic;
  std::error_code failed;
  settings.config =
      std::filesystem::absolute(path_from_text(config), failed).lexically_normal().make_preferred();
  if (failed) {
    return fail(ErrorKind::configuration, "--config {}: {}", in_quotes(config), failed.message());
  }
  return {};
}

int ServiceCommand::Options::run_install(const host::Say& say, std::FILE* err) {
  if (auto completed = complete(); !completed) {
    return complain(completed.error(), err);
  }
  const auto services = prepare_all(settings.config);
  if (!services) {
    return complain(services.error(), err);
  }
  if (!show_findings(*services, err)) {
    std::fprintf(err, "persona: nothing was installed: fix the configuration first\n");
    return exit_usage;
  }
  describe(*services, settings);
  const auto installed = host::install_service(settings, say);
  return installed ? exit_done : complain(installed.error(), err);
}

int ServiceCommand::Options::run_status(const host::Say& say, std::FILE* err) const {
  const auto running = host::show_service(settings.name, say);
  if (!running) {
    static_cast<void>(complain(running.error(), err));
    return exit_unknown;
  }
  return *running ? exit_done : exit_stopped;
}

int ServiceCommand::Options::run(std::FILE* out, std::FILE* err) {
  const host::Say say = [out](const std::string& line) {
    std::fprintf(out, "%s\n", line.c_str());
    std::fflush(out);  // some of what it announces takes a while
  };
  if (!list->parsed()) {
    if (auto good = host::check_service_name(settings.name); !good) {
      return complain(good.error(), err);
    }
  }
  if (install->parsed()) {
    return run_install(say, err);
  }
  if (status->parsed()) {
    return run_status(say, err);
  }
  for (const Verb& verb : verbs) {
    if (verb.command->parsed()) {
      const auto done = verb.act(say);
      return done ? exit_done : complain(done.error(), err);
    }
  }
  return exit_usage;
}

int ServiceCommand::run(std::FILE* out, std::FILE* err) const {
  return options_->run(out, err);
}

}  // namespace persona::cli
