// Which event loop a new connection goes to.
#pragma once

#include <cstddef>
#include <span>

namespace persona::forward {

/// What is known of a loop when a connection is dealt.
struct LoopLoad {
  std::size_t connections = 0;  ///< that it was given and that have not been freed
  unsigned busy = 0;            ///< percent of its time, of late (net::LoopUse)
};

/// The loop with the fewest connections gets the next one; among equals they take turns. One that is busy,
/// while another has time, is passed over however few it has: a single connection may fill a loop. Accepting
/// thread only.
class Dealing {
 public:
  static constexpr unsigned busy_from = 75;  ///< percent
  static constexpr unsigned busier_by = 25;  ///< than the idlest, in percent of the whole: else all are alike

  /// The index of one of `loops`, of which there is at least one.
  std::size_t next(std::span<const LoopLoad> loops);

 private:
  std::size_t turn_ = 0;
};

}  // namespace persona::forward
