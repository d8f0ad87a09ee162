// `tls:`.
#pragma once

#include "value.hpp"

namespace persona::config {

/// Fills in the defaults too. After the mode.
void read_tls(Section section, Config& config);

}  // namespace persona::config
