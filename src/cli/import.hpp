// persona import: its subcommands, one for each program whose configurations are read.
#pragma once

#include <memory>

#include "command_group.hpp"

namespace persona::cli {

class ImportCommand final : public CommandGroup {
 public:
  explicit ImportCommand(CLI::App& app);
  ~ImportCommand() override;

  int run(std::FILE* out, std::FILE* err) const override;

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace persona::cli
