#include "event_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/base/text.hpp"

namespace persona::log {

namespace {

constexpr std::size_t longest_note = 64;

/// `text` with every per cent sign that is followed by a digit replaced.
std::string without_insertions(std::string_view text, std::string_view replacement) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && is_digit(text[i + 1])) {
      out += replacement;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// `text` must be well-formed UTF-8.
std::size_t utf16_length(std::string_view text) {
  return utf8_length(text) + static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0xf0;  // begins a character of two units
         }));
}

std::string cut(std::string text) {
  const std::size_t length = utf16_length(text);
  if (length <= longest_event) {
    return text;
  }
  std::size_t kept = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t bytes = std::max<std::size_t>(utf8_sequence_length(rest), 1);
    const std::size_t units = bytes == 4 ? 2 : 1;
    if (kept + units > longest_event - longest_note) {
      break;
    }
    kept += units;
    rest.remove_prefix(bytes);
  }
  text.resize(text.size() - rest.size());
  return text + fmt::format("... (the entry was too long: {} characters are missing)", length - kept);
}

}  // namespace

std::string event_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    out += out.empty() ? "" : "\r\n";
    out += printable(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }
  return cut(without_insertions(out, "% "));
}

std::string event_json(std::string_view line) {
  return without_insertions(line, "\\u0025");
}

}  // namespace persona::log
