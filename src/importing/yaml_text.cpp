#include "yaml_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace persona::importing {

std::string scalar(std::string_view text) {
  const auto is_plain = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '/' || c == '_' || c == ':' || c == '+' || c == '@' ||
           c == '-' || c == '=';
  };
  const bool plain = !text.empty() && (is_letter_or_digit(text.front()) || text.front() == '/') &&
                     text.back() != ':' && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? std::string(text) : in_quotes(text);
}

void Block::add(std::string_view key, std::string_view value, std::string_view to_do) {
  text_ += fmt::format("  {}: {}{}{}\n", key, value, to_do.empty() ? "" : "   # TODO: ", to_do);
}

void Block::add_unless_empty(std::string_view key, std::string_view text) {
  if (!text.empty()) {
    add(key, scalar(text));
  }
}

std::string Block::under(std::string_view name) const {
  return text_.empty() ? std::string() : fmt::format("{}:\n{}", name, text_);
}

}  // namespace persona::importing
