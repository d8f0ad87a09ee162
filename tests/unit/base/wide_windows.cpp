#include "persona/base/wide_windows.hpp"

#include <windows.h>

#include <doctest/doctest.h>

using persona::from_wide;
using persona::to_wide;
using persona::windows_error_words;

TEST_CASE("the system's errors are words and their number, without a full stop") {
  const std::string denied = windows_error_words(ERROR_ACCESS_DENIED);
  CHECK(denied.ends_with(" (error 5)"));
  CHECK(denied.find(". (") == std::string::npos);
  CHECK(denied.find_first_of("\r\n") == std::string::npos);
  CHECK(windows_error_words(0x2fffffff) == "error 805306367");
}

TEST_CASE("text goes to UTF-16 and back") {
  const std::string text = "g\xc3\xbcter \xf0\x9f\x98\x80";
  CHECK(to_wide(text) == L"g\u00fcter \xd83d\xde00");
  CHECK(from_wide(to_wide(text)) == text);
  CHECK(to_wide("").empty());
  CHECK(to_wide("a\xff.") == L"a\ufffd.");
}
