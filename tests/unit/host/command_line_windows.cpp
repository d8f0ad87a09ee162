// The rules are the system's: ours are compared with them.
#include <windows.h>
// after windows.h
#include <shellapi.h>

#include <doctest/doctest.h>

#include "host/command_line.hpp"
#include "persona/base/wide_windows.hpp"

using namespace persona;

namespace {

std::vector<std::string> split_by_the_system(const std::string& line) {
  int count = 0;
  wchar_t** found = CommandLineToArgvW(to_wide(line).c_str(), &count);
  REQUIRE(found != nullptr);
  std::vector<std::string> words;
  for (int index = 0; index < count; ++index) {
    words.push_back(from_wide(found[index]));
  }
  LocalFree(found);
  return words;
}

}  // namespace

TEST_CASE("every short line of what has a meaning is split as by CommandLineToArgvW") {
  constexpr std::string_view alphabet = "a \\\"";
  constexpr unsigned longest = 7;
  for (unsigned length = 0; length <= longest; ++length) {
    for (unsigned number = 0; number < 1U << (2 * length); ++number) {
      std::string line = "p ";
      for (unsigned index = 0; index < length; ++index) {
        line += alphabet[(number >> (2 * index)) & 3];
      }
      if (host::split_command_line(line) != split_by_the_system(line)) {
        CAPTURE(line);
        CHECK(host::split_command_line(line) == split_by_the_system(line));
      }
    }
  }
}

TEST_CASE("programs are found as by CommandLineToArgvW") {
  for (const char* line :
       {R"("C:\a b\c.exe" d)", R"(C:\a\c.exe d)", R"("C:\a\" b)", R"("C:\a)", R"(a"b c)", " p"}) {
    CAPTURE(line);
    CHECK(host::split_command_line(line) == split_by_the_system(line));
  }
}
