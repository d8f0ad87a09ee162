// Stage 4: open. Two half-duplex pumps between a plaintext leg and a TLS leg; a sink that is full stops its
// source; an end is passed on after all that was read before it.
//
//     each direction:   flowing -- source ended --> eof -- sink has written everything --> shut
//
// There is no socket in it, no loop and no clock.
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
#include "persona/forward/reason.hpp"
#include "persona/net/leg.hpp"
#include "persona/tls/session.hpp"
#include "scratch.hpp"

namespace persona::forward {

/// Touched by one thread only.
class Tunnel {
 public:
  enum class Alarm {
    quiet,   ///< nothing has moved for long
    hangup,  ///< a leg that is not read may have been reset
  };

  /// What a tunnel needs of who has it.
  class Host {
   public:
    /// Any monotonic clock.
    virtual Milliseconds now() = 0;

    /// rang() is to be called after `delay`, once; replaces what was set before.
    virtual void set_alarm(Alarm alarm, Milliseconds delay) = 0;

    /// It is not needed any more, maybe for long.
    virtual void drop_alarm(Alarm alarm) = 0;

    /// Once. The legs may go from within the call; the tunnel must stay until what called it has returned.
    virtual void on_tunnel_ended(const End& why) = 0;

   protected:
    ~Host() = default;
  };

  struct Limits {
    Milliseconds idle{0};        ///< nothing moves; 0: for ever
    Milliseconds half_close{0};  ///< nothing moves after one side has ended; 0: as while both flow
  };

  /// What the legs have sent before the tunnel was there.
  struct Before {
    Buffer plaintext{};
    bool plain_ended = false;        ///< by FIN, behind it
    Buffer records{};                ///< the last may be incomplete
    std::optional<int> tls_ended{};  ///< behind them, as on_end was told
    int tls_broken = 0;              ///< why writing to the TLS leg failed: a libuv error code
  };

  /// `mode` says who is at which leg. Host, scratch and legs outlive the tunnel, or its end.
  Tunnel(Host& host, Scratch& scratch, net::Leg& plain, net::Leg& tls, std::unique_ptr<tls::Session> session,
         config::Mode mode, const Limits& limits);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  /// It is told from now on what happens to the legs. It may end from within the call.
  void start(Before before);

  void rang(Alarm alarm);

  /// It is over for another reason: on_tunnel_ended is not called any more.
  void stop() { ended_ = true; }

  const tls::SessionInfo& session() const { return session_->info(); }
  std::uint64_t plain_bytes() const { return to_tls_.bytes; }  ///< received from the plaintext leg
  std::uint64_t tls_bytes() const { return to_plain_.bytes; }  ///< and from the TLS leg

  /// Which side ended first, once one has.
  std::optional<Reason> first_end() const { return first_end_; }

  /// The TLS peer was told of the end by an alert: RST would only overtake it.
  bool alert_sent() const { return alert_sent_; }

  /// A whole answer and its FIN are on their way to a slow receiver: RST would take them back.
  bool answer_under_way() const;

 private:
  /// What flows from one leg to the other. `source` is read, `sink` is written.
  struct Pump {
    enum class State {
      flowing,
      eof,   // the source has ended; what was read before is still on its way
      shut,  // and the sink was told, by close_notify or FIN
    };
    net::Leg& source;
    net::Leg& sink;
    State state = State::flowing;
    bool paused = false;      // the source is not read, because what it sends cannot be passed on yet
    std::uint64_t bytes = 0;  // of plaintext
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
  void touch() { last_traffic_ = host_.now(); }
  Milliseconds quiet_limit() const;
  void watch_traffic();
  void quiet();
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
  Buffer held_;  // the beginning of a record; empty while idle
  const Limits limits_;
  const config::Mode mode_;
  std::optional<Reason> first_end_;
  int broken_ = 0;  // why writing to the TLS leg failed, while the peer's last words are still to be read
  bool alert_sent_ = false;
  bool ended_ = false;
  Milliseconds last_traffic_{0};
  std::size_t last_unsent_ = 0;
};

}  // namespace persona::forward
