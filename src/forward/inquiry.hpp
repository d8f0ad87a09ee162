// Asks a server that ended a connection without a word whether it is PostgreSQL, which does that to a
// ClientHello.
#pragma once

#include <functional>
#include <memory>

#include "persona/base/bytes.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/tcp_options.hpp"
#include "persona/dialect/upgrade.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// One SSLRequest on a connection of its own: eight bytes that say nothing of us
/// (https://www.postgresql.org/docs/15/protocol-message-formats.html). Loop's thread only; destroying it
/// cancels the question without a call.
class Inquiry final : private net::StreamEvents {
 public:
  enum class Answer {
    nothing,         ///< in time, or nothing that PostgreSQL says
    postgresql,      ///< whose TLS begins after this question
    postgresql_bare  ///< whose TLS is switched off
  };

  /// Called once; it may destroy this object.
  using Done = std::function<void(Answer answer)>;

  /// The longest that a question takes, with its connection.
  static constexpr Milliseconds patience{2'000};

  /// `input`: where reads go; scratch space. `owner` counts the handles. All arguments must outlive it.
  Inquiry(net::Loop& loop, net::HandleOwner& owner, ByteSpan input, Done done);

  /// `address`: the one that was dialled, so that nobody is asked whom gateway.allowed_addresses excludes.
  /// `handshake_timeout`: timeouts.handshake; 0: none. `done` may be called from within.
  void start(const net::SocketAddress& address, const TcpOptions& tcp, Milliseconds handshake_timeout);

 private:
  void connected(int status);
  void finish(Answer answer);

  ByteSpan on_buffer() override { return input_; }
  void on_read(ByteView bytes) override;
  void on_end(int) override { finish(Answer::nothing); }
  void on_written(int) override {}  // if it failed, so does reading

  net::Loop& loop_;
  net::HandleOwner& owner_;
  ByteSpan input_;
  Done done_;
  std::unique_ptr<dialect::Upgrade> question_;  // which is not gone on with
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Stream> stream_;
};

}  // namespace persona::forward
