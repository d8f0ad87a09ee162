// What concerns the process as a whole: `threads`, `sandbox`, `user`.
#pragma once

#include "value.hpp"

namespace persona::config {

void read_process(Section& root, Config& config);

}  // namespace persona::config
