// `log:`.
#pragma once

#include "value.hpp"

namespace persona::config {

/// A relative `file` is relative to the folder of `config.file`.
void read_log(Section section, Config& config);

}  // namespace persona::config
