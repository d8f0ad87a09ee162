// Before everything else on a connection of a load balancer: the PROXY header (`listen.proxy_protocol`).
#pragma once

#include <optional>

#include "persona/base/bytes.hpp"
#include "persona/base/duration.hpp"
#include "persona/dialect/proxy_header.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// Reads the header, and not a byte of what follows. Loop's thread only; destroying it cancels everything
/// without an event.
class HeaderReading final : private net::StreamEvents {
 public:
  using Place = dialect::ProxyHeader::Place;

  /// Nothing more is done after an event, which may therefore destroy it.
  class Events {
   public:
    /// `client`: nothing: the load balancer itself, or somebody without an address.
    virtual void on_header(const std::optional<Place>& client) = 0;

    /// With a sentence, unless it left without a byte, as many health checks do.
    virtual void on_header_failed(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  /// `input`: where reads go; scratch space, used only within a callback. `timeout`:
  /// timeouts.handshake; 0: none. `gone`: the reason when the sender leaves.
  HeaderReading(net::Loop& loop, net::HandleOwner& owner, net::Leg& stream, ByteSpan input,
                const net::SocketAddress& sender, Milliseconds timeout, Reason gone, Events& events);
  HeaderReading(const HeaderReading&) = delete;
  HeaderReading& operator=(const HeaderReading&) = delete;

  /// An event may follow from within the call.
  void start();

  /// The load balancer.
  const net::SocketAddress& sender() const { return sender_; }

 private:
  void fail(End why);

  ByteSpan on_buffer() override { return input_.first(reader_.wanted()); }
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int /*status*/) override {}

  net::Leg& stream_;
  const ByteSpan input_;
  const net::SocketAddress sender_;
  const Reason gone_;
  Events& events_;
  dialect::ProxyHeaderReader reader_;
  bool silent_ = true;
  net::HandlePtr<net::Timer> timer_;  // null without a timeout
};

}  // namespace persona::forward
