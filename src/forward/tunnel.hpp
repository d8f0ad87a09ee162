// Stage 4: open. Two half-duplex pumps between a plaintext leg and a TLS leg. A full sink stops its source;
// an end is passed on after everything that was read before it.
//
//     each direction:   flowing -- source ended --> eof -- sink has written everything --> shut
//
// It knows no socket, loop or clock, so its tests run in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/buffer.hpp"
#include "persona/base/duration.hpp"
#include "persona/config/config.hpp"
#include "persona/dialect/facade.hpp"
#include "persona/forward/counters.hpp"
#include "persona/forward/reason.hpp"
#include "persona/net/leg.hpp"
#include "persona/tls/session.hpp"
#include "scratch.hpp"

namespace persona::forward {

/// Used by one thread only.
class Tunnel {
 public:
  enum class Alarm {
    quiet,   ///< nothing has moved for a long time
    hangup,  ///< time to check legs that are not being read for a reset
  };

  /// What a tunnel needs from its owner.
  class Host {
   public:
    /// Any monotonic clock.
    virtual Milliseconds now() = 0;

    /// rang() must be called once after `delay`. Replaces an earlier alarm of the same kind.
    virtual void set_alarm(Alarm alarm, Milliseconds delay) = 0;

    /// The alarm is no longer needed.
    virtual void drop_alarm(Alarm alarm) = 0;

    /// Where bytes are counted, on the tunnel's thread. Asked for once, by the constructor; they must outlive
    /// the tunnel.
    virtual LoopCounters& counters() = 0;

    /// The facade of Before is not needed any more.
    virtual void on_facade_over() = 0;

    /// Called once. It may destroy the legs, but not the tunnel, which is still running.
    virtual void on_tunnel_ended(const End& why) = 0;

   protected:
    ~Host() = default;
  };

  struct Limits {
    Milliseconds idle{0};        ///< without traffic; 0: no limit
    Milliseconds half_close{0};  ///< without traffic after one side has ended; 0: as `idle`
    /// After the far side has broken off, for the client to end as well: then it had taken leave; 0: no time.
    Milliseconds leave{0};
  };

  /// What the legs sent before the tunnel existed.
  struct Before {
    Buffer plaintext{};              ///< the facade has seen it
    bool plain_ended = false;        ///< with FIN, after `plaintext`
    Buffer records{};                ///< the last one may be incomplete
    std::optional<int> tls_ended{};  ///< after `records`, with the status of on_end
    /// The client's first exchange; null: none. It must exist until on_facade_over, or the tunnel's end.
    dialect::Facade* facade = nullptr;
    int tls_broken = 0;  ///< why writing to the TLS leg failed: a libuv error code; 0: it did not
  };

  /// `mode` tells which peer is at which leg. Host and scratch must outlive the tunnel; the legs must exist
  /// until it has ended.
  Tunnel(Host& host, Scratch& scratch, net::Leg& plain, net::Leg& tls, std::unique_ptr<tls::Session> session,
         config::Mode mode, const Limits& limits);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  /// From now on it receives the legs' events. It may end within the call.
  void start(Before before);

  void rang(Alarm alarm);

  /// The far side has sent nothing, and the client still listens: it can be told of a failure.
  bool is_unanswered() const;

  /// What is needed for that, once the tunnel has ended: the TLS leg's session and the records not opened
  /// yet.
  std::unique_ptr<tls::Session> take_session() { return std::move(session_); }
  Buffer take_records() { return std::move(held_); }

  /// Ended for a reason outside the tunnel: on_tunnel_ended will not be called.
  void stop() { ended_ = true; }

  /// For so long nothing has moved, and nothing is on its way: an end now cuts no message in two that has
  /// begun. False once a side has ended, whose answer may still come.
  bool is_quiet(Milliseconds period) const;

  /// How long both sides have to end as well, once they have been told.
  static constexpr Milliseconds conclusion_limit{1'000};

  /// At a quiet moment, for a reason outside the tunnel: tells both sides of the end, by close_notify and
  /// FIN, and ends once they have ended too, or conclusion_limit is over. What they still send is dropped. At
  /// any other moment, or while the client's first exchange is not over: ends at once.
  void conclude(const End& why);
  bool is_concluding() const { return concluding_ != nullptr; }

  /// Both sides have been told of the end, so none of them needs to be reset.
  bool concluded() const;

  const tls::SessionInfo& session() const { return session_->info(); }
  std::uint64_t plain_bytes() const { return to_tls_.bytes; }  ///< received from the plaintext leg
  std::uint64_t tls_bytes() const { return to_plain_.bytes; }  ///< and from the TLS leg

  /// Which side ended first, once one has.
  std::optional<Reason> first_end() const { return first_end_; }

  /// An alert has told the TLS peer of the end. RST could destroy it before the peer reads it.
  bool alert_sent() const { return alert_sent_; }

  /// A complete answer and its FIN are on their way to a slow plaintext peer. RST would destroy them.
  bool answer_under_way() const;

 private:
  /// One direction: `source` is read, `sink` is written.
  struct Pump {
    enum class State {
      flowing,
      eof,   // the source has ended; what was read before is still being written
      shut,  // and the end was passed on, as close_notify or FIN
    };
    net::Leg& source;
    net::Leg& sink;
    Counter& total;  // of the service on this loop
    State state = State::flowing;
    bool paused = false;      // the source is not read, because the sink is full or gone
    bool over = false;        // while concluding: the source has ended, or was reset
    std::uint64_t bytes = 0;  // of plaintext

    void count(std::size_t more) {
      bytes += more;
      total.add(more);
    }
  };

  class PlainEvents final : public net::StreamEvents {
   public:
    explicit PlainEvents(Tunnel& tunnel) : tunnel_(tunnel) {}
    ByteSpan on_buffer() override { return tunnel_.scratch_.input().first(Scratch::batch); }
    void on_read(ByteView bytes) override { tunnel_.plain_received(bytes); }
    void on_end(int status) override { tunnel_.plain_ended(status); }
    void on_written(int status) override { tunnel_.plain_written(status); }

   private:
    Tunnel& tunnel_;
  };

  class TlsEvents final : public net::StreamEvents {
   public:
    explicit TlsEvents(Tunnel& tunnel) : tunnel_(tunnel) {}
    ByteSpan on_buffer() override;
    void on_read(ByteView bytes) override;
    void on_end(int status) override { tunnel_.tls_ended(status); }
    void on_written(int status) override { tunnel_.tls_written(status); }

   private:
    Tunnel& tunnel_;
  };

  void plain_received(ByteView plaintext);
  void seal(ByteView plaintext);
  void deliver(std::span<const ByteView> plaintext);
  void first_exchange(Pump& from, std::span<const ByteView> plaintext);
  void answer_client(ByteView answer);
  void first_exchange_ended(Pump& from);
  void forward(Pump& pump, std::span<const ByteView> plaintext);
  bool ended_unanswered(const Pump& from);
  void broke_off(const Pump& from, End why);
  void client_left(bool cleanly);
  void client_after_far_end(tls::Status status, bool sends, ByteView rest);
  void drop_facade();
  Pump& from_client() { return mode_ == config::Mode::persona ? to_tls_ : to_plain_; }
  Pump& from_far() { return mode_ == config::Mode::persona ? to_plain_ : to_tls_; }
  void tls_received(ByteSpan records);
  void plain_ended(int status);
  void tls_ended(int status);
  void plain_written(int status);
  void tls_written(int status);
  void written(Pump& pump);
  void send(ByteView records);
  void send_owed();
  void progress();
  void flow(Pump& pump);
  void pause(Pump& pump);
  void resume(Pump& pump);
  void look_for_hangup();
  void tls_gone(int status);
  void over(Pump& pump);
  void touch();
  Milliseconds quiet_limit() const;
  void watch_traffic();
  void quiet();
  bool moves_slowly();
  void end(const End& why);
  std::string_view tls_peer() const { return mode_ == config::Mode::persona ? "gateway" : "client"; }
  std::string_view plain_peer() const { return mode_ == config::Mode::persona ? "client" : "service"; }

  Host& host_;
  Scratch& scratch_;
  std::unique_ptr<tls::Session> session_;
  PlainEvents plain_events_{*this};
  TlsEvents tls_events_{*this};
  Pump to_tls_;
  Pump to_plain_;
  dialect::Facade* facade_ = nullptr;  // null: the first exchange is over
  Buffer held_;                        // the beginning of an incomplete record
  const Limits limits_;
  const config::Mode mode_;
  std::optional<Reason> first_end_;
  std::unique_ptr<End>
      gone_;  // the far side has ended like this, and the client has limits_.leave to do so too
  std::unique_ptr<End> concluding_;  // both sides are being told of this
  int broken_ = 0;  // why writing to the TLS leg failed, while its last data is still being read
  bool alert_sent_ = false;
  bool ended_ = false;
  Milliseconds last_traffic_{0};
  std::size_t last_unsent_ = 0;
  std::size_t last_held_ = 0;
};

}  // namespace persona::forward
