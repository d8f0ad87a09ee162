#include "persona/x509/text_encoding.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace persona::x509;
using namespace std::string_view_literals;

TEST_CASE("UTF-16 and byte order marks become UTF-8, and everything else stays as it is") {
  for (const auto& [content, expected] :
       {std::pair("\xff\xfeh\0i\0\r\0\n\0"sv, "hi\r\n"sv), std::pair("\xfe\xff\0h\0i"sv, "hi"sv),
        std::pair("\xef\xbb\xbfsecret"sv, "secret"sv),
        std::pair("\xff\xfe\xe4\0\xac\x20\x3d\xd8\xa2\xde"sv, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2"sv),
        std::pair("-\0-\0x\0"sv, "--x"sv), std::pair("\0-\0-\0x"sv, "--x"sv), std::pair("\xff\xfe"sv, ""sv),
        std::pair("\xef\xbb\xbf"sv, ""sv), std::pair(""sv, ""sv), std::pair("-"sv, "-"sv),
        std::pair("\xff\xfeh\0i"sv, "h"sv),                     // an odd byte
        std::pair("\xff\xfe\x3d\xd8x\0"sv, "\xef\xbf\xbdx"sv),  // a high surrogate alone
        std::pair("\xff\xfe\xa2\xde"sv, "\xef\xbf\xbd"sv),      // a low one alone
        std::pair("\xff\xfe\x3d\xd8"sv, "\xef\xbf\xbd"sv),      // a high one at the end
        std::pair("p\xe4ss"sv, "p\xe4ss"sv), std::pair("\xfe\xed\xfe\xed"sv, "\xfe\xed\xfe\xed"sv),
        std::pair("\x30\x82\x01\0"sv, "\x30\x82\x01\0"sv)}) {
    const auto& text = content;  // Clang 14 captures no binding
    CAPTURE(text);
    CHECK(as_utf8(Secret(content)).view() == expected);
  }
}
