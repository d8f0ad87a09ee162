// Whether a file is text at all.
#pragma once

#include <string_view>

#include "persona/config/diagnostic.hpp"

namespace persona::config {

/// Reports the first byte that is not UTF-8 text. yaml-cpp treats some control characters as the end of the
/// file, which would silently drop the keys after them.
bool check_encoding(std::string_view text, Report& report);

/// Without the byte order mark that Windows editors write.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace persona::config
