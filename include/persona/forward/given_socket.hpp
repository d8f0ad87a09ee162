// What a configuration forbids of its own addresses, of a socket that systemd has passed: only now is known
// where it is.
#pragma once

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"

namespace persona::forward {

/// Whether `listen` may be served at `local`. Anything but systemd:NAME was checked when the configuration
/// was read.
Result<void> check_given(const config::Config& config, const config::Listen& listen, const Endpoint& local);

/// The same for `admin.listen`.
Result<void> check_given_admin(const config::Listen& listen, const Endpoint& local);

}  // namespace persona::forward
