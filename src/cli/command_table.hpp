// The command line as a plain table, read off the parser itself: completion and the manual page are made of
// it, so they cannot know an option that the parser does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace persona::cli {

struct OptionRow {
  enum class Takes { nothing, word, file, folder };

  std::vector<std::string> names;  ///< with their dashes, short ones first; empty: it has a place only
  std::string place;               ///< the name of its place on the command line; empty: it has names only
  Takes takes = Takes::nothing;
  std::string value;                 ///< what stands for its value in texts: "FILE"
  std::vector<std::string> choices;  ///< all values there are, when they can be counted
  std::string help;
  std::string fallback;  ///< its default; may be empty
  std::string variable;  ///< of the environment, that stands for it; may be empty
  bool required = false;
};

struct CommandRow {
  std::string name;
  std::string help;
  std::string footer;
  std::vector<OptionRow> options;
  std::vector<CommandRow> commands;
};

/// Without what is hidden from --help.
CommandRow command_table(const CLI::App& app);

/// A command with the words that lead to it: "persona pki init".
struct CommandPath {
  std::string path;
  const CommandRow* row;
};

/// All commands below `root`, it first, each before its own. `root` must outlive the answer.
std::vector<CommandPath> all_commands(const CommandRow& root);

/// The words between `separator`s, empty ones left out.
std::vector<std::string> split_words(std::string_view text, char separator);

}  // namespace persona::cli
