#include <vector>

#include <doctest/doctest.h>

#include "host/open_descriptors.hpp"
#include "persona/host/process.hpp"
#include "persona/host/process_usage.hpp"

// after doctest
#include <unistd.h>

using namespace persona::host;

TEST_CASE("descriptors are counted, whichever way the kernel has") {
  const auto before = process_usage().open_descriptors;
  REQUIRE(before);
  std::vector<int> opened;
  for (int i = 0; i < 100; ++i) {
    opened.push_back(dup(0));
    REQUIRE(opened.back() >= 0);
  }
  const auto table = static_cast<std::uint64_t>(opened.back()) + 1000;
  CHECK(process_usage().open_descriptors == *before + 100);
  CHECK(count_open_descriptors(table) == *before + 100);
  CHECK(count_open_descriptors(static_cast<std::uint64_t>(opened.front())).value() <= *before);
  for (const int each : opened) {
    close(each);
  }
  CHECK(process_usage().open_descriptors == before);
  CHECK(count_open_descriptors(table) == before);
  CHECK(process_usage().most_descriptors.value_or(0) == descriptor_limit());
}
