#include "persona/x509/text_encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "persona/base/utf8.hpp"

namespace persona::x509 {

namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t replacement = 0xfffd;

struct Utf16 {
  bool little_endian;
  std::size_t mark;  // bytes of the byte order mark
};

std::optional<Utf16> utf16_of(std::string_view content) {
  if (content.starts_with("\xff\xfe"sv) || content.starts_with("\xfe\xff"sv)) {
    return Utf16{content.front() == '\xff', 2};
  }
  if (content.starts_with("-\0-\0"sv) || content.starts_with("\0-\0-"sv)) {
    return Utf16{content.front() == '-', 0};
  }
  return std::nullopt;
}

Secret from_utf16(std::string_view text, bool little_endian) {
  const std::size_t units = text.size() / 2;
  const auto unit = [&](std::size_t index) {
    const auto first = static_cast<unsigned char>(text[2 * index]);
    const auto second = static_cast<unsigned char>(text[2 * index + 1]);
    return little_endian ? static_cast<std::uint32_t>(second << 8U | first)
                         : static_cast<std::uint32_t>(first << 8U | second);
  };
  const auto is_high = [](std::uint32_t code) { return code >= 0xd800 && code < 0xdc00; };
  const auto is_low = [](std::uint32_t code) { return code >= 0xdc00 && code < 0xe000; };
  Secret utf8(3 * units);
  char* at = utf8.data();
  for (std::size_t index = 0; index < units; ++index) {
    std::uint32_t code = unit(index);
    if (is_high(code) && index + 1 < units && is_low(unit(index + 1))) {
      code = 0x10000 + ((code - 0xd800) << 10U) + (unit(++index) - 0xdc00);
    } else if (is_high(code) || is_low(code)) {
      code = replacement;
    }
    at += put_utf8(code, at);
  }
  utf8.shrink(static_cast<std::size_t>(at - utf8.data()));
  return utf8;
}

}  // namespace

Secret as_utf8(Secret content) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  const std::string_view text = content.view();
  if (text.starts_with(mark)) {
    return Secret(text.substr(mark.size()));
  }
  if (const auto utf16 = utf16_of(text)) {
    return from_utf16(text.substr(utf16->mark), utf16->little_endian);
  }
  return content;
}

}  // namespace persona::x509
