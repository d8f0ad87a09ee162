#include "persona/broker/messages.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace persona::broker {

namespace {

constexpr std::size_t longest_word = 16;
constexpr std::size_t most_texts = 256;
constexpr int hexadecimal = 16;

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

/// A text begins with a dot, so that an empty one is a word too.
std::optional<std::string> text_of(std::string_view word) {
  if (!word.starts_with('.') || word.size() % 2 == 0) {
    return std::nullopt;
  }
  std::string text;
  text.reserve(word.size() / 2);
  for (std::size_t at = 1; at < word.size(); at += 2) {
    unsigned byte = 0;
    const char* const end = word.data() + at + 2;
    const auto [stop, error] = std::from_chars(word.data() + at, end, byte, hexadecimal);
    if (error != std::errc() || stop != end) {
      return std::nullopt;
    }
    text += static_cast<char>(byte);
  }
  return text;
}

}  // namespace

std::string write(const Message& message) {
  std::string line = fmt::format("{} {}", message.word, message.number);
  for (const std::string& text : message.texts) {
    line += " .";
    for (const char each : text) {
      line += fmt::format("{:02x}", static_cast<unsigned char>(each));
    }
  }
  return line;
}

Result<Message> read(std::string_view line) {
  Message message;
  message.word = take_word(line);
  if (message.word.empty() || message.word.size() > longest_word ||
      !std::all_of(message.word.begin(), message.word.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    return fail(ErrorKind::network, "it does not begin with a word");
  }
  const std::string_view number = take_word(line);
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, message.number);
  if (error != std::errc() || stop != end) {
    return fail(ErrorKind::network, "no number follows its first word");
  }
  while (!line.empty()) {
    auto text = text_of(take_word(line));
    if (!text || message.texts.size() == most_texts) {
      return fail(ErrorKind::network, "{}",
                  text ? "it has too many texts" : "a text of it is not hexadecimal");
    }
    message.texts.push_back(std::move(*text));
  }
  return message;
}

}  // namespace persona::broker
