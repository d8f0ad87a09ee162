// persona pki: its subcommands and their options.
#pragma once

#include <memory>

#include "command_group.hpp"

namespace persona::cli {

class PkiCommand final : public CommandGroup {
 public:
  explicit PkiCommand(CLI::App& app);
  ~PkiCommand() override;

  int run(std::FILE* out, std::FILE* err) const override;

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace persona::cli
