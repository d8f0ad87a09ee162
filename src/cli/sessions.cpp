#include "sessions.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands.hpp"
#include "config_option.hpp"
#include "persona/admin/sessions.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/config/load.hpp"
#include "persona/doctor/question.hpp"
#include "session_table.hpp"

namespace persona::cli {

namespace {

constexpr const char* sessions_footer =
    "The persona that runs with this configuration is asked at its admin.listen; it answers for all "
    "services\n"
    "of its process, whichever file names it. At most 1000 connections are shown, the oldest.\n"
    "\n"
    "Exit codes: 0 done, 1 no such service, or that persona cannot be asked, 2 usage or configuration.";

constexpr const char* close_footer =
    "They are ended at once, as by an abort: both sides are reset, and the log says "
    "closed_by_administrator.\n"
    "With several of ID, --service and --peer, those that are meant by all of them.\n"
    "\n"
    "Exit codes: 0 done, 1 there was none, or that persona cannot be asked, 2 usage or configuration.";

/// What does not work, and whose fault it is.
struct Trouble {
  int exit;
  std::string sentence;
};

/// Where the persona of a configuration is asked. A folder is one process.
tl::expected<Endpoint, Trouble> admin_of(const std::filesystem::path& config) {
  const auto files = config::find_files(config);
  if (!files) {
    return tl::unexpected(Trouble{exit_usage, files.error().message});
  }
  for (const std::filesystem::path& file : *files) {
    const config::Loaded loaded = config::load(file);
    // As for `ready`: a persona that runs keeps what it has when its file is broken.
    if (loaded.report.has_errors() && loaded.config.listen.empty()) {
      return tl::unexpected(Trouble{exit_usage, loaded.report.render()});
    }
    if (const auto& admin = loaded.config.admin) {
      if (!admin->value.is_unix() && admin->value.port == 0) {
        return tl::unexpected(
            Trouble{exit_usage, fmt::format("{}: admin.listen has the port 0, which the system chooses: give "
                                            "it a number",
                                            path_text(file))});
      }
      return admin->value;
    }
  }
  return tl::unexpected(Trouble{
      exit_usage, fmt::format("{} has no admin.listen, where persona is asked about its connections: set, "
                              "for example, \"admin: {{listen: 127.0.0.1:9901}}\" or a Unix socket, and "
                              "restart it",
                              path_text(config))});
}

/// The body of its answer.
tl::expected<std::string, Trouble> ask(const Endpoint& admin, std::string_view method,
                                       const std::string& target) {
  auto answer = doctor::ask_persona(admin, method, target);
  if (!answer) {
    return tl::unexpected(Trouble{exit_failure, answer.error().message});
  }
  if (answer->status != 200) {
    std::string said = std::move(answer->body);
    while (said.ends_with('\n')) {
      said.pop_back();
    }
    return tl::unexpected(Trouble{
        exit_failure,
        said.empty() ? fmt::format("persona at {} refuses, with status {}", admin.to_string(), answer->status)
                     : printable(said)});
  }
  return std::move(answer->body);
}

int tell_trouble(const Trouble& trouble, std::FILE* err) {
  const bool is_rendered = trouble.sentence.ends_with('\n');  // findings of a configuration
  std::fprintf(err, is_rendered ? "%s" : "persona: %s\n", trouble.sentence.c_str());
  return trouble.exit;
}

}  // namespace

struct SessionsCommand::Options {
  CLI::App* list = nullptr;
  CLI::App* close = nullptr;
  std::string config;
  std::string config_of_close;
  bool json = false;
  std::string service;
  std::vector<std::uint64_t> ids;
  std::string service_to_close;
  std::string peer;

  tl::expected<Endpoint, Trouble> where() const;
  int run_list(std::FILE* out, std::FILE* err) const;
  int run_close(std::FILE* out, std::FILE* err) const;
};

SessionsCommand::SessionsCommand(CLI::App& app, Variables& variables, const char* variable_of_config)
    : options_(std::make_unique<Options>()) {
  Options& all = *options_;
  all.list =
      app.add_subcommand("sessions", "Show the live connections of the persona that runs, or end some");
  variables.bind(*all.list, *add_config(*all.list, all.config), variable_of_config);
  all.list->add_option("--service", all.service, "Only those of this service")->type_name("NAME");
  all.list->add_flag("--json", all.json, "For programs: what persona answers, unchanged");
  all.list->footer(sessions_footer);
  all.close = all.list->add_subcommand("close", "End connections, by their ids, service or peer");
  all.close->add_option("ID", all.ids, "As in the list and the log")
      ->type_name("ID")
      ->expected(1, static_cast<int>(admin::SessionQuery::most_ids));
  CLI::Option* config =
      all.close
          ->add_option("-c,--config", all.config_of_close,
                       "A configuration file, or a folder whose *.yaml files are all hosted")
          ->type_name("FILE");
  variables.bind(*all.close, *config, variable_of_config);
  all.close->add_option("--service", all.service_to_close, "All of this service")->type_name("NAME");
  all.close
      ->add_option("--peer", all.peer,
                   "All whose peer has this certificate: its subject (CN=laptop), common name or pin")
      ->type_name("NAME");
  all.close->footer(close_footer);
}

SessionsCommand::~SessionsCommand() = default;

bool SessionsCommand::parsed() const {
  return options_->list->parsed();
}

int SessionsCommand::run(std::FILE* out, std::FILE* err) const {
  return options_->close->parsed() ? options_->run_close(out, err) : options_->run_list(out, err);
}

tl::expected<Endpoint, Trouble> SessionsCommand::Options::where() const {
  const std::string& given = config_of_close.empty() ? config : config_of_close;
  if (given.empty()) {
    return tl::unexpected(
        Trouble{exit_usage, "--config is required: --config FILE or PERSONA_CONFIG in the environment"});
  }
  return admin_of(path_from_text(given));
}

int SessionsCommand::Options::run_list(std::FILE* out, std::FILE* err) const {
  const auto admin = where();
  if (!admin) {
    return tell_trouble(admin.error(), err);
  }
  const auto body = ask(*admin, "GET", "/sessions" + admin::to_query({{}, service, {}}));
  if (!body) {
    return tell_trouble(body.error(), err);
  }
  const auto sessions = admin::read_sessions(*body);
  if (!sessions) {
    return tell_trouble({exit_failure, sessions.error().message}, err);
  }
  std::fputs(json ? body->c_str() : session_table(*sessions).c_str(), out);
  return exit_done;
}

int SessionsCommand::Options::run_close(std::FILE* out, std::FILE* err) const {
  const admin::SessionQuery query{ids, service_to_close, peer};
  if (query.empty()) {
    return tell_trouble({exit_usage, "say which ones: ID..., --service NAME or --peer NAME"}, err);
  }
  const auto admin = where();
  if (!admin) {
    return tell_trouble(admin.error(), err);
  }
  const auto body = ask(*admin, "POST", "/sessions/close" + admin::to_query(query));
  if (!body) {
    return tell_trouble(body.error(), err);
  }
  const auto closed = admin::read_closed(*body);
  if (!closed) {
    return tell_trouble({exit_failure, closed.error().message}, err);
  }
  if (*closed == 0) {
    return tell_trouble({exit_failure, "there is no such connection: persona sessions lists them"}, err);
  }
  std::fprintf(out, "%zu closed\n", *closed);
  return exit_done;
}

}  // namespace persona::cli
