// Text from outside made fit for a terminal, a log line or a diagnostic.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace persona {

/// Bytes of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with; 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text);

/// Characters of the text; every byte that belongs to no well-formed sequence counts as one.
std::size_t utf8_length(std::string_view text);

/// The first `count` characters, or all of them.
std::string_view utf8_prefix(std::string_view text, std::size_t count);

/// Control and bidirectional-override characters and malformed UTF-8 as escapes (\n, \u001b, \xff), the rest
/// unchanged: the result is one line and moves no cursor.
std::string printable(std::string_view text);

/// printable() in double quotes, with quotes and backslashes escaped.
std::string in_quotes(std::string_view text);

}  // namespace persona
