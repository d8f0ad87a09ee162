// The option that every subcommand has which needs a configuration.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace persona::cli {

/// FILE, -c FILE or --config FILE: a file, or a folder. `config` must outlive the App.
CLI::Option* add_config(CLI::App& command, std::string& config);

}  // namespace persona::cli
