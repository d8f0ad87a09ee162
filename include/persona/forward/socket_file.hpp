// The file of a Unix socket as the configuration has it.
#pragma once

#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/net/socket_file.hpp"

namespace persona::forward {

/// Looks up the group. Blocks.
Result<net::SocketFile> socket_file(const config::Listen& listen);

}  // namespace persona::forward
