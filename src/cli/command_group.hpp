// A subcommand that has subcommands of its own: `persona pki`, `persona service`.
#pragma once

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

namespace persona::cli {

/// Declares itself on construction; the App must outlive it.
class CommandGroup {
 public:
  CommandGroup(CLI::App& app, const std::string& name, const std::string& help)
      : command_(*app.add_subcommand(name, help)) {
    command_.require_subcommand(1);
  }
  virtual ~CommandGroup() = default;
  CommandGroup(const CommandGroup&) = delete;
  CommandGroup& operator=(const CommandGroup&) = delete;

  std::string name() const { return command_.get_name(); }

  /// True for a name of one of its own subcommands.
  bool has(const std::string& subcommand) const {
    const auto is_it = [&](CLI::App* command) { return command->check_name(subcommand); };
    return !command_.get_subcommands(is_it).empty();
  }

  /// True when the command line was for it.
  bool parsed() const { return command_.parsed(); }

  /// Reports to `out`, findings and errors to `err`; returns the exit code.
  virtual int run(std::FILE* out, std::FILE* err) const = 0;

 protected:
  CLI::App& command() { return command_; }

 private:
  CLI::App& command_;
};

}  // namespace persona::cli
