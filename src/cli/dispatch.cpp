// The command line: which subcommand is meant.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "config_option.hpp"
#include "import.hpp"
#include "persona/base/path_text.hpp"
#include "persona/host/process.hpp"
#include "persona/x509/crypto.hpp"
#include "pki.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sessions.hpp"
#include "variables.hpp"

namespace persona::cli {

namespace {

constexpr const char* config_variable = "PERSONA_CONFIG";

constexpr const char* program_footer =
    "The environment:\n"
    "  PERSONA_CONFIG, PERSONA_LOG_LEVEL, PERSONA_LOG_FORMAT and PERSONA_LOG_FILE stand for the options "
    "that\n"
    "  --help shows beside them. An option takes precedence over the environment, and that over the\n"
    "  configuration file.\n"
    "\n"
    "Exit codes: 0 done or clean drain, 1 runtime failure, 2 usage or configuration; of service status:\n"
    "0 it is running, 3 it is not, 4 there is no such service or its state cannot be found out.";

/// What `run` and `check` are about.
struct Subject {
  std::string config;
  std::string level;
  std::string format;
  std::string file;
  CLI::Option* has_config = nullptr;
  CLI::Option* has_file = nullptr;

  void declare(CLI::App& command, Variables& variables);
  Overrides overrides() const;
};

void Subject::declare(CLI::App& command, Variables& variables) {
  has_config = add_config(command, config);
  CLI::Option* has_level = command.add_option("--log-level", level, "Instead of the files' log.level")
                               ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
                               ->type_name("LEVEL");
  CLI::Option* has_format = command.add_option("--log-format", format, "Instead of the files' log.format")
                                ->check(CLI::IsMember({"text", "json"}))
                                ->type_name("FORMAT");
  has_file = command.add_option("--log-file", file, "Instead of the files' log.file; empty: standard error")
                 ->type_name("FILE");
  variables.bind(command, *has_config, config_variable);
  variables.bind(command, *has_level, "PERSONA_LOG_LEVEL");
  variables.bind(command, *has_format, "PERSONA_LOG_FORMAT");
  variables.bind(command, *has_file, "PERSONA_LOG_FILE");
}

Overrides Subject::overrides() const {
  Overrides overrides;
  for (const auto one : {log::Level::debug, log::Level::info, log::Level::warn, log::Level::error}) {
    if (level == log::to_string(one)) {
      overrides.log_level = one;
    }
  }
  if (!format.empty()) {
    overrides.log_format = format == "json" ? log::Format::json : log::Format::text;
  }
  if (has_file->count() > 0) {
    overrides.log_file = file;
  }
  return overrides;
}

int usage_error(const std::string& sentence) {
  std::fprintf(stderr, "persona: %s\n", sentence.c_str());
  return exit_usage;
}

}  // namespace

CLI::Option* add_config(CLI::App& command, std::string& config) {
  return command
      .add_option("-c,--config,CONFIG", config,
                  "A configuration file, or a folder whose *.yaml files are all hosted")
      ->type_name("FILE");
}

int dispatch(const std::vector<std::string>& arguments) {
  CLI::App app{"persona: an mTLS identity for TCP applications that cannot speak TLS"};
  app.name("persona");
  app.require_subcommand(1);
  app.allow_windows_style_options(false);  // /tmp/x is a path, on Windows too
  app.set_version_flag("-V,--version", &version_text, "Print version information");
  app.footer(program_footer);
  Variables variables;

  CLI::App* run_command = app.add_subcommand("run", "Forward connections until told to stop");
  Subject to_run;
  to_run.declare(*run_command, variables);
  std::string service;
  run_command->add_option("--service", service)->group("");  // hidden: the Service Control Manager's
  bool replaces = false;
  run_command->add_flag(
      "--replace", replaces,
      "Take over from the persona that runs with this configuration, without refusing anybody");
  bool separate_key = false;
  run_command->add_flag("--separate-key", separate_key,
                        "Keep the private keys in a process of their own, which signs handshakes; this one "
                        "cannot read them (Linux)");
  run_command->footer("SIGTERM or SIGINT (Ctrl-C) drains; another one, a second or more later, forces.");

  CLI::App* check_command =
      app.add_subcommand("check", "Validate a configuration offline and print what would run");
  Subject to_check;
  to_check.declare(*check_command, variables);

  CLI::App* doctor_command = app.add_subcommand(
      "doctor", "Try what connections need, step by step: every gateway, every address, without any data");
  std::string doctor_config;
  CLI::Option* doctor_has_config = add_config(*doctor_command, doctor_config);
  variables.bind(*doctor_command, *doctor_has_config, config_variable);
  bool json = false;
  doctor_command->add_flag("--json", json, "For programs: an object with every service and its steps");
  doctor_command->footer(
      "Exit codes: 0 nothing has failed, 1 something has, 2 there is no such configuration.");

  CLI::App* ready_command = app.add_subcommand(
      "ready", "Ask whether the persona of a configuration serves: for probes and scripts");
  std::string ready_config;
  CLI::Option* ready_has_config = add_config(*ready_command, ready_config);
  variables.bind(*ready_command, *ready_has_config, config_variable);
  Milliseconds wait{0};
  ready_command->add_option_function<std::string>(
      "--wait",
      [&wait](const std::string& text) {
        const auto parsed = parse_duration(text);
        if (!parsed) {
          throw CLI::ValidationError("--wait", parsed.error().message);
        }
        wait = *parsed;
      },
      "How long to ask again until it does, for example 60s");
  ready_command->footer("Exit codes: 0 it serves, 1 it does not, 2 there is no such configuration.");

  const SessionsCommand sessions_command(app, variables, config_variable);

  CLI::App* agent_command = app.add_subcommand(
      "agent", "Keep private keys in a process of their own, which signs handshakes and nothing else");
  std::string agent_config;
  CLI::Option* agent_has_config =
      agent_command->add_option("-c,--config,CONFIG", agent_config, "The agent's configuration file")
          ->type_name("FILE");
  bool checks_agent = false;
  agent_command->add_flag("--check", checks_agent, "Validate the file, certificates and keys, and end");
  agent_command->footer(
      "SIGHUP reads the file, certificates and keys again; SIGTERM or SIGINT (Ctrl-C) ends it.\n"
      "docs/agent.md has the configuration, and what is said on the socket.");

  bool once = false;
  CLI::App* demo_command = app.add_subcommand(
      "demo", "Client, persona, gateway and service in one process, with throwaway certificates");
  demo_command->add_flag("--once", once, "Exit after the self-check, 0 when it passed");

  const PkiCommand pki_command(app);
  const ImportCommand import_command(app);
  const ServiceCommand service_command(app);
  const Reference reference(app);

  CLI::App* version_command = app.add_subcommand("version", "Print version information");

  // CLI11 itself would only say that a subcommand is required.
  const auto is_word = [&](std::size_t index) {
    return arguments.size() > index && !arguments[index].starts_with('-');
  };
  const auto has_name = [&](CLI::App* command) { return is_word(1) && command->check_name(arguments[1]); };
  if (is_word(1) && app.get_subcommands(has_name).empty()) {
    std::fprintf(stderr, "persona: unknown subcommand \"%s\": see persona --help\n", arguments[1].c_str());
    return exit_usage;
  }
  const CommandGroup* groups[] = {&pki_command, &service_command, &import_command};
  for (const CommandGroup* group : groups) {
    if (is_word(2) && arguments[1] == group->name() && !group->has(arguments[2])) {
      std::fprintf(stderr, "persona: unknown subcommand \"%s %s\": see persona %s --help\n",
                   arguments[1].c_str(), arguments[2].c_str(), arguments[1].c_str());
      return exit_usage;
    }
  }
  try {
    // CLI11 takes them in reverse order, without the program's name.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  if (auto applied = variables.apply(); !applied) {
    return usage_error(applied.error().message);
  }
  const std::pair<const CLI::App*, const CLI::Option*> need_config[] = {{run_command, to_run.has_config},
                                                                        {check_command, to_check.has_config},
                                                                        {doctor_command, doctor_has_config},
                                                                        {ready_command, ready_has_config}};
  if (agent_command->parsed() && agent_has_config->count() == 0) {
    return usage_error("--config is required: FILE or --config FILE");
  }
  for (const auto& [command, option] : need_config) {
    if (command->parsed() && option->count() == 0) {
      return usage_error("--config is required: FILE, --config FILE or PERSONA_CONFIG in the environment");
    }
  }
  if (run_command->count("--service") > 0) {
    host::prepare_process();
    // It must not keep its starter waiting.
    return run_as_service(path_from_text(to_run.config), to_run.overrides(), service);
  }
  if (reference.parsed()) {
    return reference.run(stdout);
  }
  if (auto ready = x509::initialise_crypto(); !ready) {
    std::fprintf(stderr, "persona: %s\n", ready.error().message.c_str());
    return exit_failure;
  }
  host::prepare_process();
  if (run_command->parsed()) {
    return run(path_from_text(to_run.config), to_run.overrides(), {replaces, separate_key, arguments});
  }
  if (check_command->parsed()) {
    return check(path_from_text(to_check.config), to_check.overrides(), stdout, stderr);
  }
  if (doctor_command->parsed()) {
    return doctor(path_from_text(doctor_config), json, stdout, stderr);
  }
  if (ready_command->parsed()) {
    return ready(path_from_text(ready_config), wait, stdout, stderr);
  }
  if (sessions_command.parsed()) {
    return sessions_command.run(stdout, stderr);
  }
  if (agent_command->parsed()) {
    return checks_agent ? check_agent(path_from_text(agent_config), stdout, stderr)
                        : run_agent(path_from_text(agent_config));
  }
  if (demo_command->parsed()) {
    return demo(once);
  }
  for (const CommandGroup* group : groups) {
    if (group->parsed()) {
      return group->run(stdout, stderr);
    }
  }
  return version_command->parsed() ? version(stdout) : exit_usage;
}

}  // namespace persona::cli
