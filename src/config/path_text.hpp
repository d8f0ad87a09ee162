// Paths and text, for this area.
#pragma once

#include "persona/base/path_text.hpp"

namespace persona::config {

using persona::path_from_text;
using persona::path_text;

}  // namespace persona::config
