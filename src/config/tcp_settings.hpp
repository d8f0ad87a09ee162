// `tcp:`.
#pragma once

#include "value.hpp"

namespace persona::config {

void read_tcp(Section section, TcpOptions& tcp);

}  // namespace persona::config
