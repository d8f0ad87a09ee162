#include "command_table.hpp"

#include <algorithm>
#include <cstring>

#include <CLI/CLI.hpp>

#include "variables.hpp"

namespace persona::cli {

namespace {

OptionRow option_row(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames()) {
    row.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    row.names.push_back("--" + name);
  }
  row.place = option.get_positional() ? option.get_name(true) : "";
  row.help = option.get_description();
  const auto mark = row.help.find(variable_mark);
  if (mark != std::string::npos) {
    row.variable = row.help.substr(mark + std::strlen(variable_mark),
                                   row.help.size() - mark - std::strlen(variable_mark) - 1);
    row.help.resize(mark);
  }
  row.fallback = option.get_default_str();
  row.required = option.get_required();
  if (option.get_type_size() == 0 || option.get_expected_max() == 0) {
    return row;
  }
  // CLI11 has nothing better than a text: "START:{auto,delayed,manual}", "N:UINT in [1 - 50]", "FILE".
  const std::string type = option.get_type_name();
  row.value = type.substr(0, type.find(':'));
  if (row.names.empty() || row.value.empty()) {
    row.value = row.place;
  }
  const auto open = type.find('{');
  if (open != std::string::npos && type.ends_with('}')) {
    row.choices = split_words(std::string_view(type).substr(open + 1, type.size() - open - 2), ',');
  }
  row.takes = row.value == "FILE"  ? OptionRow::Takes::file
              : row.value == "DIR" ? OptionRow::Takes::folder
                                   : OptionRow::Takes::word;
  return row;
}

void collect(const CommandRow& row, const std::string& path, std::vector<CommandPath>& all) {
  all.push_back({path, &row});
  for (const CommandRow& command : row.commands) {
    collect(command, path + ' ' + command.name, all);
  }
}

}  // namespace

std::vector<std::string> split_words(std::string_view text, char separator) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!word.empty()) {
      words.emplace_back(word);
    }
  }
  return words;
}

CommandRow command_table(const CLI::App& app) {
  CommandRow row{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) {
      row.options.push_back(option_row(*option));
    }
  }
  const auto is_shown = [](const CLI::App* command) { return !command->get_group().empty(); };
  for (const CLI::App* command : app.get_subcommands(is_shown)) {
    row.commands.push_back(command_table(*command));
  }
  return row;
}

std::vector<CommandPath> all_commands(const CommandRow& root) {
  std::vector<CommandPath> all;
  collect(root, root.name, all);
  return all;
}

}  // namespace persona::cli
