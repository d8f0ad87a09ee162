// Round trips of one connection while another one moves bulk data through the same forwarder.
#pragma once

#include <cstdint>

namespace bench {

struct Beside {
  std::uint16_t port;
  bool upload;  ///< the direction of the bulk data
  double seconds;
};

/// Prints percentiles of the round trips, and how much the other connection has moved meanwhile.
void run_beside(const Beside& beside);

}  // namespace bench
