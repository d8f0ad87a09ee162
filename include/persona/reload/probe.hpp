// A trial connection to the gateway that carries no data: would a generation work?
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/forward/dialler.hpp"
#include "persona/forward/generation.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/resolver.hpp"
#include "persona/tls/certificate_request.hpp"
#include "persona/tls/session.hpp"

namespace persona::reload {

using forward::End;
using forward::Generation;
using forward::HandshakePool;

/// Dials the targets of a generation (mode persona) with a GatewayDialler, as a connection would, until one
/// accepts us. Once a gateway is verified, the probe reads until it knows that the gateway has not refused
/// our certificate. In TLS 1.3 that becomes clear only after our Finished (RFC 8446 section 4.4.2.4): from
/// any record that is not an alert, or from silence for a while. Nothing is resumed, no ticket is kept,
/// and the health of the targets is not changed.
///
/// Loop's thread only; destroying it cancels the trial, and `done` is not called. Must be destroyed before
/// the loop can end.
class Probe {
 public:
  /// What an address goes through, in this order.
  enum class Stage { connecting, asking_proxy, upgrading, handshaking, accepting };

  /// Of the last address that was tried.
  struct Passed {
    Stage stage;
    Milliseconds took;
  };

  struct Result {
    std::optional<End>
        failed;  ///< absent: a gateway has accepted us; else why not, worded as for a connection
    std::vector<Passed> stages;               ///< the last one is that of the end
    std::optional<tls::SessionInfo> session;  ///< once the gateway is verified
    std::vector<trust::Oddity> oddities;      ///< of its certificates
    tls::CertificateRequest request;          ///< as far as the handshake has come
    bool silent = false;                      ///< accepted us, as far as its silence says so
  };

  using Done = std::function<void(const Result& result)>;

  struct Options {
    std::optional<forward::Dialler::Only> only{};  ///< nothing else is tried; absent: all targets
    Milliseconds silence{500};                     ///< how long a gateway has to refuse us
  };

  static constexpr Milliseconds patience{10'000};  ///< used if timeouts.connect or timeouts.handshake is off

  /// The value of a timeout; `patience` if it is off.
  static Milliseconds limit_of(Milliseconds timeout);

  /// `done` is called once, never from within the constructor; it may destroy the probe. `pool` and
  /// `resolver` must outlive the probe.
  Probe(net::Loop& loop, HandshakePool& pool, net::Resolver& resolver,
        std::shared_ptr<const Generation> generation, Options options, Done done);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace persona::reload
