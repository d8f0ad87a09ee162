#include "persona/config/suggestion.hpp"

#include <string>

#include <doctest/doctest.h>

using persona::config::closest;
using persona::config::edit_distance;

TEST_CASE("distance counts added, dropped, replaced and swapped letters") {
  CHECK(edit_distance("listen", "listen") == 0);
  CHECK(edit_distance("lsiten", "listen") == 1);
  CHECK(edit_distance("listn", "listen") == 1);
  CHECK(edit_distance("liisten", "listen") == 1);
  CHECK(edit_distance("lisden", "listen") == 1);
  CHECK(edit_distance("Half-Close", "half_close") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
}

TEST_CASE("only a near miss is suggested") {
  CHECK(closest("gatway", {"gateway", "service"}) == "gateway");
  CHECK(closest("timeout", {"timeouts", "listen"}) == "timeouts");
  CHECK(closest("frobnicate", {"gateway", "service"}).empty());
  CHECK(closest("x", {"ca", "crl"}).empty());
  CHECK(closest("1.1", {"1.2", "1.3"}).empty());
  CHECK(closest(std::string(5000, 'a'), {"a"}).empty());
}
