// A trial connection to the gateway that carries no data: would a generation work?
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

/// Dials the targets of a generation (mode persona) with a GatewayDialler, as a connection would, until one
/// accepts us. Once a gateway is verified, the probe reads until it knows that the gateway has not refused
/// our certificate. In TLS 1.3 that becomes clear only after our Finished (RFC 8446 section 4.4.2.4): from
/// any record that is not an alert, or from half a second of silence. Nothing is resumed, no ticket is kept,
/// and the health of the targets is not changed.
///
/// Loop's thread only; destroying it cancels the trial, and `done` is not called. Must be destroyed before
/// the loop can end.
class Probe {
 public:
  /// `failed`: nothing if a gateway has accepted us, else why the last address failed, worded as for a
  /// connection.
  using Done = std::function<void(const std::optional<End>& failed)>;

  static constexpr Milliseconds silence{500};
  static constexpr Milliseconds patience{10'000};  ///< used if timeouts.connect or timeouts.handshake is off

  /// `done` is called once, never from within the constructor; it may destroy the probe. `pool` and
  /// `resolver` must outlive the probe.
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
