#include "persona/base/text.hpp"

#include <filesystem>

#include <doctest/doctest.h>

using persona::in_quotes;
using persona::printable;
using persona::utf8_sequence_length;

TEST_CASE("ordinary text of any language is left as it is") {
  CHECK(printable("db \"x\" \\ = b\xc3\xbc"
                  "cher \xe2\x82\xac \xf0\x9f\x90\x98") ==
        "db \"x\" \\ = b\xc3\xbc"
        "cher \xe2\x82\xac \xf0\x9f\x90\x98");
}

TEST_CASE("what a terminal would obey is shown instead") {
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable("\x1b[2J\x7f") == "\\u001b[2J\\u007f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");
  CHECK(printable("\xe2\x80\xae") == "\\u202e");
  CHECK(printable(std::string_view("\0", 1)) == "\\u0000");
}

TEST_CASE("malformed UTF-8 is shown byte by byte") {
  CHECK(printable("\x9b\xff") == "\\x9b\\xff");
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");           // overlong NUL
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");           // cut short
  CHECK(utf8_sequence_length("\xf4\x90\x80\x80") == 0);   // beyond U+10FFFF
  CHECK(utf8_sequence_length("\xf4\x8f\xbf\xbf") == 4);
  CHECK(utf8_sequence_length("") == 0);
}

TEST_CASE("quotes and backslashes are escaped inside quotes") {
  CHECK(in_quotes("a\"b\\c\n") == "\"a\\\"b\\\\c\\n\"");
  CHECK(in_quotes("") == "\"\"");
}

TEST_CASE("text is counted and cut in characters, not bytes") {
  CHECK(persona::utf8_length("b\xc3\xbc\xff"
                             "x") == 4);
  CHECK(persona::utf8_prefix("b\xc3\xbc\xff"
                             "x",
                             2) == "b\xc3\xbc");
  CHECK(persona::utf8_prefix("ab", 5) == "ab");
}

TEST_CASE("a file's name is one word of a command, whatever is in it") {
  using persona::shell_word;
  CHECK(shell_word("/etc/persona/client.key") == "/etc/persona/client.key");
  CHECK(shell_word("") == "\"\"");
  CHECK(shell_word("my key.pem") == "\"my key.pem\"");
  CHECK(shell_word("-rf") == "\"./-rf\"");
  if (std::filesystem::path::preferred_separator == '/') {
    CHECK(shell_word("a\\b") == "\"a\\\\b\"");
    CHECK(shell_word("$(id)`id`\"") == "\"\\$(id)\\`id\\`\\\"\"");
  } else {
    CHECK(shell_word("C:\\keys\\client.key") == "C:\\keys\\client.key");
    CHECK(shell_word("C:\\my keys\\a.key") == "\"C:\\my keys\\a.key\"");
  }
}
