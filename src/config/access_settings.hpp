// `access:` and `clients:`, who may come in.
#pragma once

#include "value.hpp"

namespace persona::config {

void read_access(Section section, Access& access);

/// Mode gateway.
void read_clients(Section section, Config& config);

}  // namespace persona::config
