// The command line: which subcommand is meant.
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "persona/base/path_text.hpp"
#include "persona/host/process.hpp"
#include "persona/x509/crypto.hpp"
#include "pki.hpp"
#include "service.hpp"

namespace persona::cli {

namespace {

constexpr const char* config_help = "A configuration file, or a folder whose *.yaml files are all hosted";

}  // namespace

int dispatch(const std::vector<std::string>& arguments) {
  CLI::App app{"persona: an mTLS identity for TCP applications that cannot speak TLS"};
  app.name("persona");
  app.require_subcommand(1);
  app.allow_windows_style_options(false);  // /tmp/x is a path, on Windows too
  app.footer("Exit codes: 0 done or clean drain, 1 runtime failure, 2 usage or configuration.");
  std::string config;

  CLI::App* run_command = app.add_subcommand("run", "Forward connections until told to stop");
  run_command->add_option("--config,-c", config, config_help)->required();
  std::string service;
  run_command->add_option("--service", service)->group("");  // hidden: the Service Control Manager's
  run_command->footer("SIGTERM or SIGINT (Ctrl-C) drains; another one, a second or more later, forces.");

  CLI::App* check_command =
      app.add_subcommand("check", "Validate a configuration offline and print what would run");
  check_command->add_option("--config,-c", config, config_help)->required();

  bool once = false;
  CLI::App* demo_command = app.add_subcommand(
      "demo", "Client, persona, gateway and service in one process, with throwaway certificates");
  demo_command->add_flag("--once", once, "Exit after the self-check, 0 when it passed");

  const PkiCommand pki_command(app);
  const ServiceCommand service_command(app);

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
  const CommandGroup* groups[] = {&pki_command, &service_command};
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
  if (run_command->count("--service") > 0) {
    host::prepare_process();
    return run_as_service(path_from_text(config), service);  // which must not keep its starter waiting
  }
  if (auto ready = x509::initialise_crypto(); !ready) {
    std::fprintf(stderr, "persona: %s\n", ready.error().message.c_str());
    return exit_failure;
  }
  host::prepare_process();
  if (run_command->parsed()) {
    return run(path_from_text(config));
  }
  if (check_command->parsed()) {
    return check(path_from_text(config), stdout, stderr);
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
