// One connection to the gateway that carries nothing: would a generation work?
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "persona/base/duration.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"

namespace persona::reload {

using forward::End;
using forward::Generation;
using forward::HandshakePool;

/// Dials the targets of a generation (mode persona) as a connection would, by a GatewayDialler, until one has
/// accepted us: once the gateway is verified it reads on until it is known that it has not refused our
/// certificate. In TLS 1.3 that shows only after our Finished (RFC 8446 section 4.4.2.4): by any record that
/// is no alert, or by half a second of silence. Nothing is resumed, no ticket is kept, and the health of the
/// targets is left as it is.
///
/// Loop's thread only; letting go ends it unheard. To be let go before the loop can end.
class Probe {
 public:
  /// Nothing: a gateway has accepted us. Else why the last address was of no use, as a connection would say
  /// it.
  using Done = std::function<void(const std::optional<End>& failed)>;

  static constexpr Milliseconds silence{500};
  static constexpr Milliseconds patience{10'000};  ///< where timeouts.connect or timeouts.handshake is off

  /// `done` is called once, never from within the constructor; it may let go of the probe. `pool` and
  /// `resolver` outlive the probe.
  Probe(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
        std::shared_ptr<const Generation> generation, Done done);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace persona::reload
