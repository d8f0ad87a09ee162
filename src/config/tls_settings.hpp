// `tls:`.
#pragma once

#include "value.hpp"

namespace persona::config {

/// Fills in the defaults too.
void read_tls(Section section, Tls& tls);

}  // namespace persona::config
