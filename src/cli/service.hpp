// persona service: its subcommands and their options.
#pragma once

#include <cstdio>
#include <memory>

namespace CLI {
class App;
}

namespace persona::cli {

/// Declares the subcommand on construction; `app` must outlive it.
class ServiceCommands {
 public:
  explicit ServiceCommands(CLI::App& app);
  ~ServiceCommands();
  ServiceCommands(const ServiceCommands&) = delete;
  ServiceCommands& operator=(const ServiceCommands&) = delete;

  /// True for a name of one of its own subcommands.
  bool has(const char* name) const;

  /// True when the command line was for it.
  bool parsed() const;

  /// Reports to `out`, findings and errors to `err`; returns the exit code.
  int run(std::FILE* out, std::FILE* err) const;

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace persona::cli
