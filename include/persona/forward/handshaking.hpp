// Stage 3: the TLS handshake on one stream. No application data is forwarded before the peer is verified.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "persona/base/buffer.hpp"
#include "persona/base/duration.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/timer.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Reads and writes the stream, and sends the steps of the handshake to the pool, until there is a session or
/// a failure. What arrives while the pool runs a step is kept, including an end of the stream: what the peer
/// sent before it left may explain why it left.
///
/// Loop's thread only; destroying it discards the result of a step that the pool still runs.
class Handshaking final : private net::StreamEvents {
 public:
  /// The result, with everything that the stream delivered after the handshake.
  struct Verified {
    std::unique_ptr<tls::Session> session;
    std::vector<trust::Oddity> oddities;  ///< of the peer's certificates
    std::chrono::microseconds took{0};
    Buffer rest;               ///< records that came together with the end of the handshake, or after it
    std::optional<int> ended;  ///< the status of on_end, if the peer ended after `rest`
    int broken = 0;            ///< why writing failed: a libuv error code; 0: it did not
  };

  /// The handshaking does nothing more after an event, which may therefore destroy it.
  class Events {
   public:
    virtual void on_verified(Verified verified) = 0;
    virtual void on_handshake_failed(const End& why) = 0;

    /// What the gateway asks of our certificate, with Target::notes_request. Another event follows, so this
    /// one must not destroy the handshaking.
    virtual void on_certificate_request(const tls::CertificateRequest&) {}

   protected:
    ~Events() = default;
  };

  /// Where it runs. Everything must outlive the handshaking, and the loop must outlive the pool.
  struct Place {
    net::Loop& loop;
    HandshakePool& pool;
    HandshakePool::Queue queue;
    net::HandleOwner& owner;
    ByteSpan input;  ///< where reads go: scratch space, used only within a callback
  };

  /// The minimum size of Place::input. Reading also stops once this much is waiting for a step to return.
  static constexpr std::size_t read_size = std::size_t{64} * 1024;

  /// `timeout`: timeouts.handshake; 0: none. From now on it receives the events of `stream`.
  Handshaking(const Place& place, net::Leg& stream, std::shared_ptr<const tls::Context> context,
              tls::Handshake::Target target, Milliseconds timeout, Events& events);
  ~Handshaking();
  Handshaking(const Handshaking&) = delete;
  Handshaking& operator=(const Handshaking&) = delete;

  /// Starts reading, and as a client sends the ClientHello. `before`: what the stream has brought already. An
  /// event may follow from within the call.
  void start(ByteView before = {});

  /// An alert has told the peer of the failure. RST could destroy it before the peer reads it.
  bool alert_sent() const { return alert_sent_; }

  /// How much is kept of what the peer sent first.
  static constexpr std::size_t most_words = 256;

  /// What the peer sent first, if that is not TLS; else nothing.
  ByteView words() const;

  /// The peer has sent nothing at all.
  bool is_silent() const { return first_bytes_.empty(); }

  /// The peer ended the connection without having sent anything.
  bool is_unanswered() const { return is_silent() && ended_; }

 private:
  /// The job, and who receives the results of its steps.
  struct Task;

  tls::Role role() const;
  std::string_view peer() const;
  std::string took_too_long(Milliseconds timeout) const;
  void next_step();
  void step_done();
  void send(ByteView records);
  void verified();
  void ended(int status);
  void fail(End end);

  ByteSpan on_buffer() override;
  void on_read(ByteView bytes) override;
  void on_end(int status) override;
  void on_written(int status) override;

  const Place place_;
  net::Leg& stream_;
  Events& events_;
  std::shared_ptr<Task> task_;
  bool step_out_ = false;
  Buffer held_;  // what arrived during a step
  std::optional<int> ended_;
  int broken_ = 0;
  bool alert_sent_ = false;
  Buffer first_bytes_;  // at most `most_words`
  std::chrono::microseconds started_;
  net::HandlePtr<net::Timer> timer_;  // null without a timeout
};

}  // namespace persona::forward
