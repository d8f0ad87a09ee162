// How a TCP peer that has vanished is noticed: `tcp:` of a configuration.
#pragma once

#include "persona/base/duration.hpp"

namespace persona {

/// Zero switches one off, and leaves the matter to the operating system.
struct TcpOptions {
  /// How long a peer may be silent before the kernel asks whether it is still there. Whole seconds.
  Milliseconds keepalive{60'000};

  /// How long a peer may leave unacknowledged what it was sent, or asked, before the connection ends
  /// (RFC 5482; Linux: TCP_USER_TIMEOUT, Windows: TCP_MAXRT). A peer that acknowledges but takes no more,
  /// because its program does not read, does not count (RFC 1122 section 4.2.2.17).
  Milliseconds user_timeout{75'000};

  friend bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

}  // namespace persona
