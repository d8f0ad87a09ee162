#include "persona/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

namespace persona {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

bool in_range(std::uint32_t value, std::uint32_t first, std::uint32_t last) {
  return value >= first && value <= last;
}

// What a terminal or an editor obeys instead of showing: C0, DEL, C1, line separators, bidirectional
// controls.
bool is_unprintable(std::uint32_t point) {
  return point < 0x20 || in_range(point, 0x7f, 0x9f) || in_range(point, 0x200e, 0x200f) ||
         in_range(point, 0x2028, 0x202e) || in_range(point, 0x2066, 0x2069) || point == 0xfeff;
}

void append_escaped(std::string& out, std::uint32_t point) {
  switch (point) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", point);
  }
}

void append_printable(std::string& out, std::string_view text, bool inside_quotes) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte_at(text, 0));
      text.remove_prefix(1);
      continue;
    }
    const std::string_view sequence = text.substr(0, length);
    if (is_unprintable(utf8_code_point(sequence))) {
      append_escaped(out, utf8_code_point(sequence));
    } else {
      if (inside_quotes && (text.front() == '"' || text.front() == '\\')) {
        out += '\\';
      }
      out += sequence;
    }
    text.remove_prefix(length);
  }
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& character : lower) {
    character = to_lower(character);
  }
  return lower;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char l, char r) { return to_lower(l) == to_lower(r); });
}

std::uint32_t utf8_code_point(std::string_view sequence) {
  static constexpr std::uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t value = byte_at(sequence, 0) & lead_bits[sequence.size()];
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    value = (value << 6) | (byte_at(sequence, i) & 0x3fU);
  }
  return value;
}

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  std::uint8_t second_first = 0x80;  // the range of the second byte keeps out overlong forms and surrogates
  std::uint8_t second_last = 0xbf;
  if (in_range(lead, 0xc2, 0xdf)) {
    length = 2;
  } else if (in_range(lead, 0xe0, 0xef)) {
    length = 3;
    second_first = lead == 0xe0 ? 0xa0 : 0x80;
    second_last = lead == 0xed ? 0x9f : 0xbf;
  } else if (in_range(lead, 0xf0, 0xf4)) {
    length = 4;
    second_first = lead == 0xf0 ? 0x90 : 0x80;
    second_last = lead == 0xf4 ? 0x8f : 0xbf;
  }
  if (length == 0 || text.size() < length || !in_range(byte_at(text, 1), second_first, second_last)) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (!in_range(byte_at(text, i), 0x80, 0xbf)) {
      return 0;
    }
  }
  return length;
}

std::size_t utf8_length(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    text.remove_prefix(std::max<std::size_t>(utf8_sequence_length(text), 1));
  }
  return count;
}

std::string_view utf8_prefix(std::string_view text, std::size_t count) {
  std::string_view rest = text;
  for (; count > 0 && !rest.empty(); --count) {
    rest.remove_prefix(std::max<std::size_t>(utf8_sequence_length(rest), 1));
  }
  return text.substr(0, text.size() - rest.size());
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text, false);
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  append_printable(out, text, true);
  out += '"';
  return out;
}

std::string shell_word(std::string_view file) {
  constexpr bool posix = std::filesystem::path::preferred_separator == '/';
  constexpr std::string_view plain = posix ? "/._-+=:@%," : "\\/._-+=:@,";
  const auto needs_no_quotes = [&](char character) {
    return is_letter_or_digit(character) || plain.find(character) != std::string_view::npos;
  };
  if (!file.empty() && !file.starts_with('-') && std::all_of(file.begin(), file.end(), needs_no_quotes)) {
    return std::string(file);
  }
  constexpr std::string_view special = posix ? "\"\\$`" : "";
  std::string word = file.starts_with('-') ? "\"./" : "\"";
  for (const char character : file) {
    if (special.find(character) != std::string_view::npos) {
      word += '\\';
    }
    word += character;
  }
  return word + '"';
}

}  // namespace persona
