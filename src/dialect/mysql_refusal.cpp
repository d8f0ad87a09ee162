#include "persona/dialect/mysql_refusal.hpp"

#include <algorithm>
#include <string_view>

#include "mysql_packets.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

std::optional<std::string> mysql_refusal(ByteView first_bytes) {
  constexpr std::size_t code_size = 2;
  constexpr std::size_t marked_state =
      6;  // "#08004", which a server leaves out for a client it does not know
  constexpr std::size_t longest_message = 512;  // MYSQL_ERRMSG_SIZE
  constexpr std::size_t quoted = 160;           // characters
  constexpr std::size_t text_at = mysql_header_size + 1 + code_size;
  if (first_bytes.size() < text_at || first_bytes[mysql_sequence_at] != 0 ||
      first_bytes[mysql_header_size] != mysql_err) {
    return std::nullopt;
  }
  const std::size_t end = mysql_header_size + mysql_payload_size(first_bytes);
  if (end < text_at || end > text_at + marked_state + longest_message) {
    return std::nullopt;
  }
  std::string_view text = as_text(first_bytes.first(std::min(end, first_bytes.size())).subspan(text_at));
  if (text.size() >= marked_state && text.front() == '#') {
    text.remove_prefix(marked_state);
  }
  return std::string(utf8_prefix(text, quoted));
}

}  // namespace persona::dialect
