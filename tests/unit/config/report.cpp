#include <doctest/doctest.h>

#include "persona/config/diagnostic.hpp"

using persona::config::Report;

TEST_CASE("a report without findings shows nothing") {
  CHECK(Report("a.yaml", "x").render().empty());
  CHECK(!Report().has_errors());
}

TEST_CASE("findings come in the order of the file, those about the whole of it first") {
  Report report("a.yaml", "one\ntwo\n");
  report.warning({2, 1}, "second", 3);
  report.error({1, 2}, "first");
  report.error({}, "whole file");
  CHECK(report.has_errors());
  CHECK(report.render() == R"(a.yaml:1:1: whole file
a.yaml:1:2: first
  1 | one
    |  ^
a.yaml:2:1: warning: second
  2 | two
    | ^~~
)");
}

TEST_CASE("a finding on one line") {
  Report report("a.yaml", "one\ntwo\n");
  report.warning({2, 1}, "second");
  report.error({}, "whole file");
  CHECK(report.sentence(report.diagnostics()[0]) == "a.yaml:2:1: warning: second");
  CHECK(report.sentence(report.diagnostics()[1]) == "a.yaml:1:1: whole file");
}

TEST_CASE("a warning alone is no error") {
  Report report("a.yaml", "x");
  report.warning({1, 1}, "w");
  CHECK(!report.has_errors());
}

TEST_CASE("the caret stays inside of its line") {
  Report report("a.yaml", "ab\n");
  report.error({1, 2}, "long", 100);
  report.error({1, 99}, "behind the end");
  report.error({7, 1}, "behind the file");
  CHECK(report.render() == R"(a.yaml:1:2: long
  1 | ab
    |  ^
a.yaml:1:99: behind the end
  1 | ab
    |   ^
a.yaml:7:1: behind the file
)");
}

TEST_CASE("the caret is under its character when the line has tabs, escapes and letters of several bytes") {
  Report report("a.yaml", "\xc3\xbc\t\x1b[0m!\n");
  report.error({1, 7}, "here");
  CHECK(report.render() ==
        "a.yaml:1:7: here\n"
        "  1 | \xc3\xbc \\u001b[0m!\n"
        "    |            ^\n");
}

TEST_CASE("a very long line is shown around the place") {
  Report report("a.yaml", std::string(500, 'a') + "X" + std::string(500, 'b'));
  report.error({1, 501}, "here");
  CHECK(report.render() == "a.yaml:1:501: here\n  1 | ..." + std::string(60, 'a') + "X" +
                               std::string(59, 'b') + "...\n    | " + std::string(63, ' ') + "^\n");
}
