// One connection to the gateway that carries nothing: would a generation work?
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "persona/base/duration.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Dials the targets of a generation (mode persona) in order as a connection would, until one has accepted
/// us: resolves, connects, verifies the gateway, and reads on until it is known that the gateway has not
/// refused our certificate. In TLS 1.3 that shows only after our Finished (RFC 8446 section 4.4.2.4): by any
/// record that is no alert, or by half a second of silence. Nothing is resumed, and no ticket is kept.
///
/// Loop's thread only; letting go ends it unheard. To be let go before the loop can end.
class Probe {
 public:
  struct Outcome {
    std::optional<Reason> failed;  ///< nothing: the gateway has accepted us
    std::string error;             ///< why it failed, as a connection would say it; that of the last target
    std::string target;            ///< the address dialled last
    Milliseconds connect{0};
    Milliseconds handshake{0};
    std::optional<tls::SessionInfo> session;  ///< once the gateway was verified
  };

  static constexpr Milliseconds silence{500};
  static constexpr Milliseconds patience{10'000};  ///< where timeouts.connect or timeouts.handshake is off

  /// `done` is called once, never from within the constructor; it may let go of the probe. `pool` and
  /// `resolver` outlive the probe.
  Probe(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
        std::shared_ptr<const Generation> generation, std::function<void(const Outcome&)> done);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace persona::forward
