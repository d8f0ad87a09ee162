// Environment variables that stand for options of the command line.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "persona/base/result.hpp"

namespace persona::cli {

/// Between an option's help and its variable's name, which a "]" ends.
inline constexpr const char* variable_mark = " [environment: ";

/// CLI11's own (Option::envname) are read for every subcommand at once, so a bad value of one would fail all
/// of them, and its messages name the option only.
class Variables {
 public:
  /// The variable's name is added to the option's help. Both must outlive this.
  void bind(CLI::App& command, CLI::Option& option, const std::string& name);

  /// After parsing: each option of the subcommand in use that was not given takes its variable's value; an
  /// empty one counts as not set. Fails with a sentence for a bad value, and for a variable whose name is
  /// that of one of these but for one or two letters. Others that begin with PERSONA_ are none of ours:
  /// Kubernetes sets PERSONA_PORT and the like beside a service of that name.
  Result<void> apply() const;

 private:
  struct Bound {
    CLI::App* command;
    CLI::Option* option;
    std::string name;
  };

  Result<void> check_names() const;

  std::vector<Bound> all_;
};

}  // namespace persona::cli
