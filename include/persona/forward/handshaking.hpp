// Stage 3: the TLS handshake of one stream. No application byte moves before the peer is verified.
#pragma once

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

/// Reads and writes a stream while the steps of the handshake go to the pool and come back, until there is a
/// session or a failure in words. What arrives while a step is out is kept, an end too: what the peer said
/// before it left may explain it.
///
/// Loop's thread only; letting go of it drops the step that is out.
class Handshaking final : private net::StreamEvents {
 public:
  /// What comes of it, with what the stream has to say beyond it.
  struct Verified {
    std::unique_ptr<tls::Session> session;
    Milliseconds took{0};
    Buffer rest;               ///< records that came with the last bytes of the handshake, and behind them
    std::optional<int> ended;  ///< and then the peer ended: as on_end was told
    int broken = 0;            ///< why writing failed: a libuv error code
  };

  /// Called last in whatever called it, so that the handshaking may be let go of.
  class Events {
   public:
    virtual void on_verified(Verified verified) = 0;
    virtual void on_handshake_failed(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  /// Where it runs. All outlive the handshaking, and the loop the pool.
  struct Place {
    net::Loop& loop;
    HandshakePool& pool;
    HandshakePool::Queue queue;
    net::HandleOwner& owner;
    ByteSpan input;  ///< where reads go: scratch space, used within a callback only
  };

  /// The least that Place::input has room for, and the most that is kept while a step is out.
  static constexpr std::size_t read_size = std::size_t{64} * 1024;

  /// `timeout`: timeouts.handshake; 0: none. It is told what happens to `stream` from now on.
  Handshaking(const Place& place, net::Leg& stream, std::shared_ptr<const tls::Context> context,
              tls::Handshake::Target target, Milliseconds timeout, Events& events);
  ~Handshaking();
  Handshaking(const Handshaking&) = delete;
  Handshaking& operator=(const Handshaking&) = delete;

  /// Reads, and as a client says hello. An event may follow from within the call.
  void start();

  /// The peer was told of the failure by an alert: RST would only overtake it.
  bool alert_sent() const { return alert_sent_; }

 private:
  /// The job, and where its steps come back to.
  struct Task;

  std::string_view peer() const;
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
  Buffer held_;  // what came while a step was out
  std::optional<int> ended_;
  int broken_ = 0;
  bool alert_sent_ = false;
  std::size_t received_ = 0;
  Milliseconds started_;
  net::HandlePtr<net::Timer> timer_;  // with a timeout
};

}  // namespace persona::forward
