// persona sessions: its options, and those of persona sessions close.
#pragma once

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "variables.hpp"

namespace persona::cli {

/// Lists the live connections of the persona that runs with a configuration, and ends some. Declares itself
/// on construction; the App and `variables` must outlive it.
class SessionsCommand {
 public:
  SessionsCommand(CLI::App& app, Variables& variables, const char* variable_of_config);
  ~SessionsCommand();
  SessionsCommand(const SessionsCommand&) = delete;
  SessionsCommand& operator=(const SessionsCommand&) = delete;

  /// True when the command line was for it.
  bool parsed() const;

  /// Lists to `out`, errors to `err`; returns the exit code.
  int run(std::FILE* out, std::FILE* err) const;

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace persona::cli
