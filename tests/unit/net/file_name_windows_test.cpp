#include <doctest/doctest.h>

#include "watching.hpp"

using namespace persona;
using namespace persona::net;
using namespace persona::net::test;
namespace fs = std::filesystem;

TEST_CASE("a file is watched however its name is written") {
  const Folder folder;
  folder.write("g\xc3\xbcter.crt", "x");
  const fs::path file = folder.path() / fs::path(u8"G\u00dcTER.CRT");
  CHECK(places_of({file}).begin()->second == Names{"G\xc3\x9cTER.CRT"});
  Watching watching;
  REQUIRE(watching.watcher->watch(places_of({file})).added);
  folder.write("g\xc3\xbcter.crt", "longer");
  CHECK(watching.told_within(long_enough));
}
