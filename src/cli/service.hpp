// persona service: its subcommands and their options.
#pragma once

#include <memory>

#include "command_group.hpp"

namespace persona::cli {

class ServiceCommand final : public CommandGroup {
 public:
  explicit ServiceCommand(CLI::App& app);
  ~ServiceCommand() override;

  int run(std::FILE* out, std::FILE* err) const override;

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace persona::cli
