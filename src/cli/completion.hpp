// persona completion: scripts by which a shell completes persona's command line.
#pragma once

#include <string>

#include "command_table.hpp"

namespace persona::cli {

enum class Shell { bash, zsh, fish };

/// A script for `eval`, or for the shell's folder of completions. It needs nothing but the shell.
std::string completion_script(Shell shell, const CommandRow& root);

}  // namespace persona::cli
