// `gateway:`.
#pragma once

#include "value.hpp"

namespace persona::config {

/// Looks for the key in `root`.
void read_gateway(Section& root, Config& config);

/// Something to dial, TCP or not.
bool check_dialled(const Value& value, const Endpoint& endpoint);

}  // namespace persona::config
