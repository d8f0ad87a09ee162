// What a broker is asked by a process that may have been broken into: whatever comes is refused or read, and
// what is read is written as it was meant.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/broker/messages.hpp"

using namespace persona;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto message = broker::read(line)) {
    const auto again = broker::read(broker::write(*message));
    if (!again || *again != *message) {
      std::abort();
    }
  }
  return 0;
}
