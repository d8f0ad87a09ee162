#include "persona/host/process_usage.hpp"

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

using namespace persona::host;

TEST_CASE("a process knows what it takes of the machine, and when it began") {
  const ProcessUsage before = process_usage();
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(before.started > now - 3600);
  CHECK(before.started <= now);
  REQUIRE(before.cpu_seconds);
  REQUIRE(before.resident_memory);
  CHECK(before.virtual_memory.value_or(2'000'000) > 1'000'000);  // Wine 8 does not tell

  constexpr std::size_t size = std::size_t{64} << 20;
  const std::vector<char> touched(size, 'x');
  volatile std::uint64_t work = 0;
  while (*process_usage().cpu_seconds <= *before.cpu_seconds) {
    work = work + static_cast<unsigned char>(touched[work % size]);
  }
  const ProcessUsage after = process_usage();
  CHECK(*after.resident_memory > *before.resident_memory + size / 2);
  CHECK(after.started == before.started);
}
