// What a reload loads, as `persona check` would.
#pragma once

#include <filesystem>

#include "persona/forward/reloader.hpp"
#include "prepare.hpp"

namespace persona::cli {

/// A service prepared from its file, as material; nothing when there are errors. Any thread.
forward::Loaded to_loaded(Prepared prepared);

}  // namespace persona::cli
