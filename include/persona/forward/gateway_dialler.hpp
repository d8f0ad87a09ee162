// From the configured gateways to one that is verified: stages 2 and 3 of mode persona, and of a reload's
// trial.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persona/forward/dialler.hpp"
#include "persona/forward/handshaking.hpp"

namespace persona::forward {

/// Dials, shakes hands with what is connected, and goes on with the next address when either fails.
///
/// Loop's thread only; letting go of it ends it, unheard.
class GatewayDialler final : private Dialler::Events, private Handshaking::Events {
 public:
  /// Called last in whatever called it, so that the dialler may be let go of, where not said otherwise.
  class Events {
   public:
    /// endpoint() is who it should be. When it turns out to be of no use, failed() goes on.
    virtual void on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) = 0;

    /// target() was of no use, and another address is dialled now. The dialler must stay.
    virtual void on_next_address(const End& why) = 0;

    /// No address was of use; why the last one was not.
    virtual void on_given_up(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  struct Options {
    Dialler::Options dial;
    Milliseconds handshake_timeout{0};  ///< of each attempt; 0: none
    bool resumes = true;                ///< tickets are offered, and kept
  };

  /// All outlive the dialler.
  GatewayDialler(const Handshaking::Place& place, net::Resolver& resolver, const Generation& generation,
                 const Options& options, Events& events);
  ~GatewayDialler();
  GatewayDialler(const GatewayDialler&) = delete;
  GatewayDialler& operator=(const GatewayDialler&) = delete;

  void start() { dialler_.start(); }

  /// What was verified is of no use after all, and must have been let go. An event follows from within the
  /// call.
  void failed(End why) { dialler_.failed(std::move(why)); }

  const Endpoint& endpoint() const { return dialler_.endpoint(); }
  const std::string& target() const { return dialler_.target(); }

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
  net::HandlePtr<net::Stream> stream_;  // connected, while the handshake goes on
  std::optional<Handshaking> handshaking_;
};

}  // namespace persona::forward
