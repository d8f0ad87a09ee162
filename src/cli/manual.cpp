#include "manual.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "roff.hpp"

namespace persona::cli {

namespace {

constexpr const char* manual_description =
    "persona listens on a local port or Unix socket for applications that speak plain TCP, dials a fixed "
    "gateway over "
    "mutual TLS for each connection, verifies the gateway's chain and name, and passes bytes both ways until "
    "either "
    "side closes. With service: instead of gateway: in its configuration it is the other end. The "
    "configuration is "
    "described in persona.yaml(5).";

constexpr const char* manual_environment =
    "An option of the command line takes precedence over its variable, and a variable over the configuration "
    "file; "
    "both hold for every service of the process, and at each reload. A variable that is empty counts as not "
    "set.";

constexpr const char* manual_files =
    "The path of PERSONA_LOG_FILE and --log-file is relative to the working directory, those in a "
    "configuration to its "
    "own folder.";

/// Signals of `run`, and what they do.
constexpr std::pair<const char*, const char*> manual_signals[] = {
    {"SIGTERM, SIGINT",
     "Stops listening, and lets live connections finish for at most timeouts.shutdown; another one, a second "
     "or more "
     "later, ends them."},
    {"SIGHUP", "Reloads the configuration and all files that it names, and opens log files again."},
    {"SIGUSR1", "Opens log files again."},
};

constexpr std::pair<const char*, const char*> manual_exits[] = {
    {"0", "Done, or a clean drain; of service status: it is running."},
    {"1", "A runtime failure, a forced stop included."},
    {"2", "Usage or configuration."},
    {"3", "Of service status: it is not running."},
    {"4", "Of service status: there is no such service, or its state cannot be found out."},
};

/// "-c, --config FILE", with the parts that are typed as they are in bold.
std::string term_of(const OptionRow& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(roff::bold(name));
  }
  std::string value = option.value.empty() ? "" : roff::italic(option.value);
  if (names.empty()) {
    return value;
  }
  return fmt::format("{}{}{}", fmt::join(names, ", "), value.empty() ? "" : " ", value);
}

std::string facts_of(const OptionRow& option) {
  std::string text = option.help;
  if (!option.choices.empty()) {
    text += fmt::format(". One of {}", fmt::join(option.choices, ", "));
  }
  if (!option.fallback.empty()) {
    text += fmt::format(". Default: {}", option.fallback);
  }
  if (!option.variable.empty()) {
    text += fmt::format(". Environment: {}", option.variable);
  }
  return text + (option.required ? ". Required." : ".");
}

std::string usage_of(const std::string& path, const CommandRow& row) {
  std::string usage = roff::bold(path);
  for (const OptionRow& option : row.options) {
    if (!option.place.empty()) {
      const std::string place = roff::italic(option.place);
      usage += option.required ? ' ' + place : " [" + place + ']';
    }
  }
  return usage + (row.commands.empty() ? " [" : ' ' + roff::italic("COMMAND") + " [") +
         roff::italic("OPTIONS") + ']';
}

void write_command(roff::Page& page, const std::string& path, const CommandRow& row) {
  page.subsection(path);
  page.raw(usage_of(path, row));
  page.paragraph(row.help + '.');
  for (const OptionRow& option : row.options) {
    page.entry(term_of(option), facts_of(option));
  }
  if (!row.footer.empty()) {
    page.verbatim(row.footer);
  }
}

void write_environment(roff::Page& page, const std::vector<CommandPath>& all) {
  page.section("ENVIRONMENT");
  page.paragraph(manual_environment);
  std::vector<std::string> told;
  for (const auto& [path, row] : all) {
    for (const OptionRow& option : row->options) {
      if (!option.variable.empty() && std::find(told.begin(), told.end(), option.variable) == told.end()) {
        told.push_back(option.variable);
        page.entry(roff::bold(option.variable),
                   fmt::format("Stands for {}. {}.", option.names.back(), option.help));
      }
    }
  }
}

}  // namespace

std::string manual_of_command(const CommandRow& root) {
  const std::vector<CommandPath> all = all_commands(root);
  roff::Page page("PERSONA", 1);
  page.section("NAME");
  page.raw("persona \\- an mTLS identity for TCP applications that cannot speak TLS");
  page.section("SYNOPSIS");
  for (const CommandRow& command : root.commands) {
    page.raw(usage_of(root.name + ' ' + command.name, command));
    page.raw(".br");
  }
  page.section("DESCRIPTION");
  page.paragraph(manual_description);
  page.section("COMMANDS");
  for (std::size_t i = 1; i < all.size(); ++i) {
    write_command(page, all[i].path, *all[i].row);
  }
  write_environment(page, all);
  page.section("FILES");
  page.paragraph(manual_files);
  page.section("SIGNALS");
  for (const auto& [name, effect] : manual_signals) {
    page.entry(roff::bold(name), effect);
  }
  page.section("EXIT STATUS");
  for (const auto& [code, meaning] : manual_exits) {
    page.entry(roff::bold(code), meaning);
  }
  page.section("SEE ALSO");
  page.raw("\\fBpersona.yaml\\fR(5)");
  return page.text();
}

}  // namespace persona::cli
