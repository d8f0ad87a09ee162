#include "cli/session_table.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::cli;

TEST_CASE("bytes and ages are in units that people read") {
  CHECK(bytes_in_units(0) == "0 B");
  CHECK(bytes_in_units(999) == "999 B");
  CHECK(bytes_in_units(1'000) == "1.0 kB");
  CHECK(bytes_in_units(1'299) == "1.2 kB");
  CHECK(bytes_in_units(34'567'890) == "34 MB");
  CHECK(bytes_in_units(18'446'744'073'709'551'615U) == "18446 PB");
  CHECK(age_in_units(-1) == "0s");
  CHECK(age_in_units(59'999) == "59s");
  CHECK(age_in_units(200'000) == "3m20s");
  CHECK(age_in_units(18'120'000) == "5h2m");
  CHECK(age_in_units(187'200'000) == "2d4h");
}

TEST_CASE("columns fit what is in them, and nothing from outside moves the cursor") {
  admin::SessionList list;
  list.sessions = {{7, "pg", "127.0.0.1:5000", "db:2", "CN=\x1b[2J", "", "", "", "open", 61'000, 5, 6'000},
                   {123456, "mysql", "[::1]:1", "", "", "", "", "", "connecting", 0, 0, 0}};
  list.more = 2;
  CHECK(session_table(list) ==
        "ID      SERVICE  CLIENT          TARGET  PEER          STATE       AGE   UP   DOWN\n"
        "7       pg       127.0.0.1:5000  db:2    CN=\\u001b[2J  open        1m1s  5 B  6.0 kB\n"
        "123456  mysql    [::1]:1         -       -             connecting  0s    0 B  0 B\n"
        "and 2 more: --service shows those of one service\n");
}
