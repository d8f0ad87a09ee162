// Each script first finds out which command the words before the cursor lead to, and then offers what belongs
// there: values after an option that takes one, else options or subcommands, else what has its place there.
#include "completion.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace persona::cli {

namespace {

using Takes = OptionRow::Takes;

/// A word in single quotes, for any of the three.
std::string single_quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

/// The first line, in one.
std::string short_help(const std::string& help) {
  std::string line = help;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

const OptionRow* placed(const CommandRow& command) {
  const auto has_place = [](const OptionRow& option) { return !option.place.empty(); };
  const auto found = std::find_if(command.options.begin(), command.options.end(), has_place);
  return found == command.options.end() ? nullptr : &*found;
}

/// Patterns of `case`, "'persona pki' 'persona pki init'" and the like, joined.
std::string patterns(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  std::transform(words.begin(), words.end(), std::back_inserter(all),
                 [](const std::string& word) { return single_quoted(word); });
  return fmt::format("{}", fmt::join(all, "|"));
}

/// Paths of the commands that are not the program itself.
std::vector<std::string> paths_below(const std::vector<CommandPath>& all) {
  std::vector<std::string> paths;
  for (std::size_t i = 1; i < all.size(); ++i) {
    paths.push_back(all[i].path);
  }
  return paths;
}

/// What bash and zsh have in common: `case` clauses that set `kind` and `values` for the values of an option,
/// and for the place behind a command.
std::string value_of(const OptionRow& option) {
  if (!option.choices.empty()) {
    return fmt::format("kind=words values={}",
                       single_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  }
  return option.takes == Takes::file     ? "kind=file"
         : option.takes == Takes::folder ? "kind=folder"
                                         : "kind=none";
}

std::string option_clauses(const std::vector<CommandPath>& all) {
  std::string text;
  for (const auto& [path, row] : all) {
    for (const OptionRow& option : row->options) {
      std::vector<std::string> keys;
      for (const std::string& name : option.names) {
        keys.push_back(fmt::format("{} {}", path, name));
      }
      if (option.takes != Takes::nothing && !keys.empty()) {
        text += fmt::format("    {}) {} ;;\n", patterns(keys), value_of(option));
      }
    }
  }
  return text;
}

std::string place_clauses(const std::vector<CommandPath>& all) {
  std::string text;
  for (const auto& [path, row] : all) {
    if (const OptionRow* option = placed(*row)) {
      text += fmt::format("    {}) {} ;;\n", single_quoted(path), value_of(*option));
    }
  }
  return text;
}

std::string bash_words(const std::vector<CommandPath>& all) {
  std::string text;
  for (const auto& [path, row] : all) {
    std::vector<std::string> options;
    std::vector<std::string> commands;
    for (const OptionRow& option : row->options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
    }
    for (const CommandRow& command : row->commands) {
      commands.push_back(command.name);
    }
    text += fmt::format("    {}) options={} commands={} ;;\n", single_quoted(path),
                        single_quoted(fmt::format("{}", fmt::join(options, " "))),
                        single_quoted(fmt::format("{}", fmt::join(commands, " "))));
  }
  return text;
}

// bash splits --start=auto into three words, and hands over the last alone.
constexpr const char* bash_frame =
    R"script(# Completion of persona's command line for bash: eval "$(persona completion bash)"
_persona() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} path=persona kind='' values='' options commands index
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path ${{COMP_WORDS[index]}}" in
    {0}) path="$path ${{COMP_WORDS[index]}}" ;;
    esac
  done
  case "$path" in
{1}  esac
  case "$path $prev" in
{2}  esac
  if [[ -z $kind && $cur == -* ]]; then
    kind=words values=$options
  elif [[ -z $kind && -n $commands ]]; then
    kind=words values=$commands
  elif [[ -z $kind ]]; then
    case "$path" in
{3}    *) kind=words values=$options ;;
    esac
  fi
  COMPREPLY=()
  case $kind in
  words) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur") ;;
  file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
  folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}}
complete -F _persona persona
)script";

/// A name and its help as _describe takes them.
std::string described(const std::string& name, const std::string& help) {
  std::string escaped;
  for (const char c : short_help(help)) {
    escaped += c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return single_quoted(name + ':' + escaped);
}

std::string zsh_words(const std::vector<CommandPath>& all) {
  std::string text;
  for (const auto& [path, row] : all) {
    std::string options;
    std::string commands;
    for (const OptionRow& option : row->options) {
      for (const std::string& name : option.names) {
        options += ' ' + described(name, option.help);
      }
    }
    for (const CommandRow& command : row->commands) {
      commands += ' ' + described(command.name, command.help);
    }
    text += fmt::format("    {}) flags=({}) verbs=({}) ;;\n", single_quoted(path), options, commands);
  }
  return text;
}

// Its names are not those of zsh's own parameters: words, path, options and commands are.
constexpr const char* zsh_frame =
    R"script(#compdef persona
# Completion of persona's command line for zsh: persona completion zsh >~/.zfunc/_persona, with that folder in fpath before
# compinit runs; or eval "$(persona completion zsh)" after it.
_persona() {{
  local cur=$words[CURRENT] prev=$words[CURRENT-1] at=persona kind='' values=''
  local -a flags verbs choices
  local -i index
  for ((index = 2; index < CURRENT; index++)); do
    case "$at $words[index]" in
    {0}) at="$at $words[index]" ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    prev=${{cur%%=*}}
    compset -P '*='
  fi
  case "$at" in
{1}  esac
  case "$at $prev" in
{2}  esac
  if [[ -z $kind && $cur == -* ]]; then
    kind=flags
  elif [[ -z $kind && -n $verbs ]]; then
    kind=verbs
  elif [[ -z $kind ]]; then
    case "$at" in
{3}    *) kind=flags ;;
    esac
  fi
  choices=(${{=values}})
  case $kind in
  flags) _describe option flags ;;
  verbs) _describe command verbs ;;
  words) compadd -a choices ;;
  file) _files ;;
  folder) _files -/ ;;
  esac
}}
if [[ $funcstack[1] == _persona ]]; then
  _persona "$@"
else
  compdef _persona persona
fi
)script";

constexpr const char* fish_frame =
    R"script(# Completion of persona's command line for fish: persona completion fish >~/.config/fish/completions/persona.fish
function __persona_is_at
    set -l at persona
    set -l tokens (commandline -opc)
    for word in $tokens[2..-1]
        if contains -- "$at $word" {0}
            set at "$at $word"
        end
    end
    test "$at" = "$argv"
end
complete -c persona -f
{1})script";

std::string fish_option(const std::string& path, const OptionRow& option) {
  std::string line = fmt::format("complete -c persona -n '__persona_is_at {}'", path);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes != Takes::nothing) {
    line += option.takes == Takes::file ? " -r -F" : " -x";
  }
  if (!option.choices.empty()) {
    line += " -a " + single_quoted(fmt::format("{}", fmt::join(option.choices, " ")));
  } else if (option.takes == Takes::folder) {
    line += " -a '(__fish_complete_directories)'";
  }
  return line + " -d " + single_quoted(short_help(option.help)) + '\n';
}

std::string fish_place(const std::string& path, const OptionRow& option) {
  const std::string line = fmt::format("complete -c persona -n '__persona_is_at {}'", path);
  if (!option.choices.empty()) {
    return fmt::format("{} -a {}\n", line, single_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  }
  return option.takes == Takes::file ? line + " -F\n" : "";
}

std::string fish_lines(const std::vector<CommandPath>& all) {
  std::string text;
  for (const auto& [path, row] : all) {
    for (const CommandRow& command : row->commands) {
      text += fmt::format("complete -c persona -n '__persona_is_at {}' -a {} -d {}\n", path, command.name,
                          single_quoted(short_help(command.help)));
    }
    for (const OptionRow& option : row->options) {
      text += option.names.empty() ? "" : fish_option(path, option);
    }
    if (const OptionRow* option = placed(*row)) {
      text += fish_place(path, *option);
    }
  }
  return text;
}

}  // namespace

std::string completion_script(Shell shell, const CommandRow& root) {
  const std::vector<CommandPath> all = all_commands(root);
  const std::vector<std::string> below = paths_below(all);
  switch (shell) {
    case Shell::bash:
      return fmt::format(bash_frame, patterns(below), bash_words(all), option_clauses(all),
                         place_clauses(all));
    case Shell::zsh:
      return fmt::format(zsh_frame, patterns(below), zsh_words(all), option_clauses(all), place_clauses(all));
    case Shell::fish:
      break;
  }
  std::string words = patterns(below);
  std::replace(words.begin(), words.end(), '|', ' ');
  return fmt::format(fish_frame, words, fish_lines(all));
}

}  // namespace persona::cli
