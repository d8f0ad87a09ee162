// The last stage of a connection that has failed: its client is told why, in the words of its protocol
// (`protocol:`).
#pragma once

#include <functional>
#include <memory>

#include "persona/base/buffer.hpp"
#include "persona/base/duration.hpp"
#include "persona/dialect/facade.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"
#include "persona/tls/session.hpp"
#include "scratch.hpp"

namespace persona::forward {

/// Reads what the client sends until it listens, tells it, ends with FIN, and waits a little for its end: to
/// close while something of it is unread would be RST, which may destroy the sentence. Loop's thread only.
class Telling final : private net::StreamEvents {
 public:
  /// How long a client that was told has for its own end.
  static constexpr Milliseconds linger{1'000};

  /// The client, as its connection leaves it.
  struct Client {
    net::HandlePtr<net::Stream> leg;
    std::unique_ptr<dialect::Facade> facade;
    std::unique_ptr<tls::Session> session;  ///< mode gateway; null: the leg is plaintext
    Buffer unread;      ///< what the leg has sent and nobody has looked at: plaintext or records
    bool reset = true;  ///< how the leg ends if the client cannot be told; in TLS an alert precedes
  };

  /// How long a client may take until it listens: as long as the far side would have had
  /// (`timeouts.handshake`), if that is limited.
  static Milliseconds patience(Milliseconds handshake) { return handshake.count() > 0 ? handshake : linger; }

  /// Called once, when the leg has been closed; never from within start(). It may destroy this object.
  using Done = std::function<void()>;

  /// `owner` must be that of the leg.
  Telling(net::Loop& loop, net::HandleOwner& owner, Scratch& scratch, Client client, Done done);

  /// `patience`: how long the client may take until it listens; 0: it has to do so already, or be about to.
  /// False: it does not listen, and the leg has been closed.
  bool start(dialect::Regret regret, Milliseconds patience);

  /// The client does not listen yet.
  bool is_waiting() const { return !told_; }

  /// Closes the leg at once.
  void stop();

 private:
  void look(ByteView plaintext, Buffer& answer);
  bool look_in_records();
  bool say(Buffer& answer);
  bool write(ByteView plaintext);
  void close();
  void finish();

  ByteSpan on_buffer() override { return scratch_.input().first(read_size); }
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int status) override;

  static constexpr std::size_t read_size = std::size_t{64} * 1024;

  Scratch& scratch_;
  Client client_;
  Done done_;
  net::HandlePtr<net::Timer> timer_;
  bool told_ = false;
};

}  // namespace persona::forward
