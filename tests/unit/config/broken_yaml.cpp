// Broken syntax: the file, and everything that is said about it.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

// clang-format off
const std::vector<Broken> broken_yaml = {
    {"a list",
     "- listen: 127.0.0.1:1\n",
     R"(
conf/pg.yaml:1:1: expected keys and values such as "listen: 127.0.0.1:5432", found a list
  1 | - listen: 127.0.0.1:1
    | ^
)"},
    {"a word",
     "hello\n",
     R"(
conf/pg.yaml:1:1: expected keys and values such as "listen: 127.0.0.1:5432", found a single value
  1 | hello
    | ^
)"},
    {"two documents",
     persona_yaml + "---\n"
     "listen: 127.0.0.1:2\n",
     R"(
conf/pg.yaml:5:1: a second YAML document starts here; write one file per service
  5 | ---
    | ^
)"},
    {"an unclosed list",
     "listen: [127.0.0.1:1\n"
     "gateway: a:1\n",
     R"(
conf/pg.yaml:2:8: not valid YAML: WORDS
  2 | gateway: a:1
    |        ^
)"},
    {"an alias to nothing",
     "listen: *nowhere\n",
     R"(
conf/pg.yaml:1:9: not valid YAML: WORDS
  1 | listen: *nowhere
    |         ^
)"},
    {"an alias inside of itself",
     "listen: &a [*a]\n",
     R"(
conf/pg.yaml:1:13: this alias is inside what it refers to
  1 | listen: &a [*a]
    |             ^
)"},
    {"a tag",
     "listen: !!str 127.0.0.1:1\n",
     R"(
conf/pg.yaml:1:9: YAML tags are not supported
  1 | listen: !!str 127.0.0.1:1
    |         ^
)"},
};
// clang-format on

/// With "WORDS" for those of yaml-cpp, which differ from version to version: that there are any is ours.
std::string without_words_of_yaml_cpp(std::string findings) {
  constexpr std::string_view ours = "not valid YAML: ";
  const std::size_t found = findings.find(ours);
  if (found != std::string::npos) {
    const std::size_t words = found + ours.size();
    const std::size_t end = findings.find('\n', words);
    if (end != std::string::npos && end > words) {
      findings.replace(words, end - words, "WORDS");
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("what is no single YAML map is reported where that shows") {
  const Folder folder;
  for (const Broken& broken : broken_yaml) {
    CAPTURE(broken.what);
    CHECK("\n" + without_words_of_yaml_cpp(folder.findings(broken.text)) == broken.findings);
  }
}

TEST_CASE("an empty file is told what the smallest one has") {
  const Folder folder;
  for (const char* text : {"", "# listen: 127.0.0.1:1\n", "---\n", "~"}) {
    CAPTURE(text);
    CHECK(folder.findings(text) ==
          "conf/pg.yaml:1:1: the file is empty; the smallest one has listen, gateway, identity and trust\n");
  }
}

TEST_CASE("a tab in the indentation is named, wherever the parser stumbles") {
  CHECK(Folder().findings("identity:\n\tcertificate: pg.crt\n") ==
        R"(conf/pg.yaml:2:1: a tab indents this line; YAML wants spaces
  2 |  certificate: pg.crt
    | ^
)");
}

TEST_CASE("Windows line ends and a byte order mark move no column") {
  CHECK(Folder().findings("\xef\xbb\xbfgatway: db:1\r\nlisten: 127.0.0.1:1\r\n" + rest) ==
        R"(conf/pg.yaml:1:1: unknown key "gatway"; did you mean "gateway"?
  1 | gatway: db:1
    | ^~~~~~
)");
}

TEST_CASE("control characters are refused before the YAML parser can misread them") {
  using namespace std::string_view_literals;
  const Folder folder;
  CHECK(folder.findings("listen: 127.0.0.1:1\0\n"sv) ==
        R"(conf/pg.yaml:1:20: the control character \u0000 has no place in a configuration file
  1 | listen: 127.0.0.1:1\u0000
    |                    ^~~~~~
)");
  // yaml-cpp takes \x04 for the end of the file.
  CHECK(folder.findings(persona_yaml + "# \x04\ngatway: a:1\n") ==
        R"(conf/pg.yaml:5:3: the control character \u0004 has no place in a configuration file
  5 | # \u0004
    |   ^~~~~~
)");
}

TEST_CASE("a file in another encoding is refused") {
  using namespace std::string_view_literals;
  const Folder folder;
  CHECK(folder.findings("name: b\xfc"
                        "cher\n") == R"(conf/pg.yaml:1:8: this is not UTF-8 text
  1 | name: b\xfccher
    |        ^~~~
)");
  CHECK(folder.findings("\xff\xfel\0i\0"sv) == "conf/pg.yaml:1:1: the file is UTF-16; save it as UTF-8\n");
}

TEST_CASE("small files that would grow large are refused") {
  const Folder folder;
  std::string bomb = "a0: &a0 [[], [], [], [], [], [], [], [], [], []]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) {
      bomb += last + (j < 9 ? ", " : "]\n");
    }
  }
  CHECK(folder.findings(bomb).find("the file has too many values, counting what aliases repeat") !=
        std::string::npos);
  std::string repeated = "a: &a " + std::string(10'000, 'x') + "\nb: [";
  for (int i = 0; i < 300; ++i) {
    repeated += "*a, ";
  }
  CHECK(folder.findings(repeated + "]\n").find("the file has too many values") != std::string::npos);
  CHECK(folder.findings("listen: " + std::string(33, '[')).find("nested more than 32 deep") !=
        std::string::npos);
  CHECK(folder.findings(std::string(200'000, '[')).find("nested more than 32 deep") != std::string::npos);
  CHECK(folder.findings(std::string((1 << 20) + 1, '#')) ==
        "conf/pg.yaml:1:1: the file is larger than 1 MiB\n");
}

TEST_CASE("only the first hundred findings are shown") {
  std::string text = persona_yaml;
  for (int i = 0; i < 150; ++i) {
    text += "nothing_" + std::to_string(i) + ": 1\n";
  }
  const std::string findings = Folder().findings(text);
  CHECK(findings.find("\"nothing_99\"") != std::string::npos);
  CHECK(findings.find("\"nothing_100\"") == std::string::npos);
  CHECK(findings.ends_with("conf/pg.yaml: 50 more\n"));
}
