// How `persona run` was started.
#pragma once

#include <string>
#include <vector>

namespace persona::cli {

struct Start {
  bool replaces = false;      ///< `--replace`: take over from the process that runs with this configuration
  bool separate_key = false;  ///< `--separate-key`: private keys are in a process of their own
  std::vector<std::string>
      arguments{};  ///< all of them, the program first; empty: it cannot start itself anew
};

}  // namespace persona::cli
