// persona completion and persona manual: what the command line says about itself, for shells and for man(1).
#pragma once

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

namespace persona::cli {

/// Declares both subcommands; the App must outlive it.
class Reference {
 public:
  explicit Reference(CLI::App& app);
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  /// True when the command line was for one of them.
  bool parsed() const { return completion_.parsed() || manual_.parsed(); }

  int run(std::FILE* out) const;

 private:
  CLI::App& app_;
  CLI::App& completion_;
  CLI::App& manual_;
  std::string shell_;
  std::string page_ = "persona";
  bool markdown_ = false;
};

}  // namespace persona::cli
