// Between stages 2 and 3: what is said on a new connection before TLS. A proxy is asked for a way
// (`gateway.via`), then a database for TLS (`gateway.negotiate`).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/duration.hpp"
#include "persona/dialect/dialogue.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"

namespace persona::forward {

/// Holds one dialogue on a stream. Loop's thread only; destroying it cancels everything without an event.
class Conversing final : private net::StreamEvents {
 public:
  using State = dialect::Dialogue::State;

  /// Unless stated otherwise, nothing more is done after an event, which may therefore destroy it.
  class Events {
   public:
    /// `rest`: what came behind the agreement, and is for what follows.
    virtual void on_agreed(Buffer rest) = 0;

    /// The dialogue waits for the client. The event must not destroy this, but may call go_on().
    virtual void on_client_wanted() = 0;

    virtual void on_dialogue_failed(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  /// What failures are called.
  struct Terms {
    std::string whom;              ///< "db.example.com:5432", "proxy p.example.com:3128"
    std::string did_not;           ///< "agree to TLS"
    std::string had;               ///< "agreed to TLS"
    std::string_view timeout_key;  ///< "timeouts.handshake": a string literal
    std::string_view hint;         ///< goes on after a timeout's sentence: a string literal, or empty
    Reason timed_out;
    Reason failed;
    Reason reset;
  };

  /// `input`: where reads go; scratch space, used only within a callback. `timeout`: for all of it; 0: none.
  /// From now on it receives the events of `stream`.
  Conversing(net::Loop& loop, net::HandleOwner& owner, net::Leg& stream, ByteSpan input,
             std::unique_ptr<dialect::Dialogue> dialogue, Terms terms, Milliseconds timeout, Events& events);
  Conversing(const Conversing&) = delete;
  Conversing& operator=(const Conversing&) = delete;

  /// `before`: what the stream has brought already. An event may follow from within the call.
  void start(ByteView before);

  dialect::Dialogue& dialogue() { return *dialogue_; }

  /// A call to the dialogue from outside has had this result. An event may follow from within the call.
  void go_on(State state, ByteView to_server);

 private:
  void fail(End why);
  void expired(Milliseconds timeout);

  ByteSpan on_buffer() override { return input_; }
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int status) override;

  net::Leg& stream_;
  const ByteSpan input_;
  Events& events_;
  const std::unique_ptr<dialect::Dialogue> dialogue_;
  const Terms terms_;
  bool client_wanted_ = false;
  net::HandlePtr<net::Timer> timer_;  // null without a timeout
};

}  // namespace persona::forward
