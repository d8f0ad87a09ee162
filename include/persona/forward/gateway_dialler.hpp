// Turns the configured gateways into one that is verified: stages 2 and 3 of mode persona, and a reload's
// trial.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persona/forward/dialler.hpp"
#include "persona/forward/handshaking.hpp"

namespace persona::forward {

/// Dials, performs the TLS handshake, and continues with the next address if either fails.
///
/// Loop's thread only; destroying it cancels everything without an event.
class GatewayDialler final : private Dialler::Events, private Handshaking::Events {
 public:
  /// Unless stated otherwise, the dialler does nothing more after an event, which may therefore destroy it.
  class Events {
   public:
    /// endpoint() is verified. If it turns out to be useless, failed() continues with the next address.
    virtual void on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) = 0;

    /// target() failed, and another address is dialled now. The event must not destroy the dialler.
    virtual void on_next_address(const End& why) = 0;

    /// Every address failed; `why` is for the last one.
    virtual void on_given_up(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  struct Options {
    Dialler::Options dial;
    Milliseconds handshake_timeout{0};  ///< per attempt; 0: none
    bool resumes = true;                ///< offer and keep tickets
  };

  /// All references must outlive the dialler.
  GatewayDialler(const Handshaking::Place& place, net::Resolver& resolver, const Generation& generation,
                 const Options& options, Events& events);
  ~GatewayDialler();
  GatewayDialler(const GatewayDialler&) = delete;
  GatewayDialler& operator=(const GatewayDialler&) = delete;

  void start() { dialler_.start(); }

  /// What was verified is useless after all, and must have been destroyed already. An event follows from
  /// within the call.
  void failed(End why) { dialler_.failed(std::move(why)); }

  const Endpoint& endpoint() const { return dialler_.endpoint(); }
  std::string target() const { return dialler_.target(); }

 private:
  void on_connected(net::HandlePtr<net::Stream> stream) override;
  void on_next_address(const End& why) override { events_.on_next_address(why); }
  void on_given_up(const End& why) override { events_.on_given_up(why); }
  void on_verified(Handshaking::Verified verified) override;
  void on_handshake_failed(const End& why) override;

  const Handshaking::Place place_;
  const Generation& generation_;
  const Options options_;
  Events& events_;
  Dialler dialler_;
  net::HandlePtr<net::Stream> stream_;  // connected, during the handshake
  std::optional<Handshaking> handshaking_;
};

}  // namespace persona::forward
