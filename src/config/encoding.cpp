#include "encoding.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "persona/base/text.hpp"

namespace persona::config {

namespace {

bool is_control(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) {
    return (first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7f;
  }
  return first == 0xc2 && static_cast<std::uint8_t>(sequence[1]) < 0xa0;  // C1
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

bool check_encoding(std::string_view text, Report& report) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    report.error({}, "the file is UTF-16; save it as UTF-8");
    return false;
  }
  Mark mark{1, 1};
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      report.error(mark, "this is not UTF-8 text");
      return false;
    }
    if (is_control(text.substr(0, length))) {
      report.error(mark, fmt::format("the control character {} has no place in a configuration file",
                                     printable(text.substr(0, length))));
      return false;
    }
    if (text.front() == '\n') {
      ++mark.line;
      mark.column = 0;
    }
    ++mark.column;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace persona::config
