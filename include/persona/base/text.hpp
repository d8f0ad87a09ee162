// Text from outside made fit for a terminal, a log line or a diagnostic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace persona {

/// ASCII alone, whatever the locale.
constexpr bool is_digit(char character) {
  return character >= '0' && character <= '9';
}
constexpr bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}
constexpr bool is_letter_or_digit(char character) {
  return is_letter(character) || is_digit(character);
}

/// ASCII letters alone; every other character stays as it is, whatever the locale.
constexpr char to_lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}
std::string to_lower(std::string_view text);

/// ASCII letters count as the same in either case. A NUL is a character like others.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// Bytes of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with; 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text);

/// The character that a well-formed sequence is.
std::uint32_t utf8_code_point(std::string_view sequence);

/// Characters of the text; every byte that belongs to no well-formed sequence counts as one.
std::size_t utf8_length(std::string_view text);

/// The first `count` characters, or all of them.
std::string_view utf8_prefix(std::string_view text, std::size_t count);

/// Control and bidirectional-override characters and malformed UTF-8 as escapes (\n, \u001b, \xff), the rest
/// unchanged: the result is one line and moves no cursor.
std::string printable(std::string_view text);

/// printable() in double quotes, with quotes and backslashes escaped.
std::string in_quotes(std::string_view text);

/// A file's name as one word of a command line, for commands that messages recommend: unchanged if it needs
/// no quotes; otherwise in double quotes, with escapes as a POSIX shell wants them, and on Windows with none.
std::string shell_word(std::string_view file);

}  // namespace persona
