#include "persona/base/standard_error.hpp"

#include <algorithm>

#include "log_destination.hpp"
#include "log_line.hpp"

namespace persona::log {

std::string for_standard_error(Level level, std::string_view text) {
  if (!journal_reads_standard_error()) {
    return std::string(text);
  }
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines += journal_prefix(level);
    lines += text.substr(0, end);
    text.remove_prefix(end);
  }
  return lines;
}

}  // namespace persona::log
