// One forwarded connection: an accepted leg, a dialled leg, and one TLS session on one of them.
//
//     accepted -> dialing -> handshaking -> open -> closing -> closed      mode persona
//     accepted -> handshaking -> dialing -> open -> closing -> closed      mode gateway
//     each direction while open:  flowing -> eof -> shut
//
// The sources follow a connection's life: accept.cpp, dial.cpp, handshake.cpp, pump.cpp, close.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/forward/handshake_pool.hpp"
#include "persona/forward/reason.hpp"
#include "persona/forward/service.hpp"
#include "persona/forward/worker.hpp"
#include "persona/net/resolver.hpp"
#include "persona/net/stream.hpp"
#include "persona/net/timer.hpp"
#include "persona/tls/session.hpp"

namespace persona::forward {

/// Lives on one loop and is touched by its thread only. Owned by the Worker, which frees it when the last of
/// its handles has closed; until then every callback may find it closing.
class Connection final : public net::StreamEvents {
 public:
  Connection(Worker& worker, std::shared_ptr<Service> service, std::shared_ptr<const Generation> generation);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Service& service() const { return *service_; }

  /// accept.cpp: takes over the socket and starts.
  void start(Accepted accepted);

  /// close.cpp: idempotent, the first reason wins, every exit goes through it. `error` says more, in words.
  /// False when it was closing already.
  bool close(Reason reason, const std::string& error = {});

 private:
  enum class State { accepted, dialing, handshaking, open, closing };

  /// What flows from one leg to the other. `source` is read, `sink` is written.
  struct Direction {
    enum class State {
      flowing,
      eof,   // the source has ended; what was read before is still on its way
      shut,  // and the sink was told, by close_notify or FIN
    };
    State state = State::flowing;
    std::uint64_t bytes = 0;  // of plaintext
  };

  // accept.cpp
  Buffer& read_ahead_buffer() { return dials_tls() ? early_ : tls_held_; }
  net::Stream& accepted_leg() { return dials_tls() ? *plain_ : *tls_; }
  bool dials_tls() const { return service_->mode() == config::Mode::persona; }
  void read_ahead(ByteView bytes);
  void accepted_ended_early(int status);

  // dial.cpp
  void dial();
  void dial_next();
  void resolve(const Endpoint& endpoint);
  void connect_unix(const Endpoint& endpoint);
  void connect_allowed();
  void connect_next();
  void connect_failed(int status);
  void limit_connect(std::size_t addresses_left);
  void note_dial_error(int status);
  void note_dial_error(const std::string& why);
  void attempt_failed(Reason reason, const std::string& error);
  const Endpoint& target() const { return generation_->targets().at(order_[attempt_]); }
  net::HandlePtr<net::Stream>& dialled_leg() { return dials_tls() ? tls_ : plain_; }

  // handshake.cpp
  void begin_handshake(const std::string& server_name);
  void handshake_received(ByteView received);
  void next_step();
  void step_done(const std::shared_ptr<HandshakeJob>& job);
  void take_step(HandshakeJob& job);
  void established(HandshakeJob& job);
  void drop_handshake();
  void send(ByteView records);
  void session_failed();
  void handshake_ended(int status);
  void handshake_failed(Reason reason, const std::string& error);

  // pump.cpp
  void open();
  void plain_received(ByteView plaintext);
  void tls_received(ByteSpan records);
  void send_owed();
  void plain_ended(int status);
  void tls_ended(int status);
  void progress();
  void pause(net::Stream& source);
  void resume(net::Stream& source);
  void look_for_hangup();
  void plain_write_failed(int status);
  void tls_write_failed(int status);
  void tls_gone(int status);
  void touch() { last_traffic_ = net::now(worker_.loop()); }
  Milliseconds quiet_limit() const;
  void watch_traffic();
  void traffic_timer_expired();

  // close.cpp
  void log_open();
  void log_close(Reason reason, const std::string& error);
  void add_session(log::Fields& fields) const;
  std::string_view tls_peer() const { return dials_tls() ? "gateway" : "client"; }
  std::string_view plain_peer() const { return dials_tls() ? "client" : "service"; }

  // net::StreamEvents: what libuv reports, handed to the stage we are in
  void on_connected(net::Stream& stream, int status) override;
  ByteSpan on_buffer(net::Stream& stream) override;
  void on_read(net::Stream& stream, ByteView bytes) override;
  void on_end(net::Stream& stream, int status) override;
  void on_written(net::Stream& stream, int status) override;
  void on_handle_closed() override;

  bool closing() const { return state_ == State::closing; }
  net::HandlePtr<net::Stream> new_stream(net::Stream::Kind kind, int& error);

  Worker& worker_;
  std::shared_ptr<Service> service_;
  std::shared_ptr<const Generation> generation_;  // of when it was accepted, for life
  State state_ = State::accepted;
  unsigned open_handles_ = 0;

  net::HandlePtr<net::Stream> plain_;        // the plaintext leg: accepted by persona, dialled by a gateway
  net::HandlePtr<net::Stream> tls_;          // the TLS leg: dialled by persona, accepted by a gateway
  std::shared_ptr<HandshakeJob> handshake_;  // while handshaking
  std::unique_ptr<tls::Session> session_;    // from then on
  net::HandlePtr<net::Timer> timer_;
  net::HandlePtr<net::Timer> hangup_timer_;  // made when a leg is paused for the first time
  net::HandlePtr<net::Lookup> lookup_;

  // What the plaintext leg sent before the session was open: at most one batch, then it is not read further.
  Buffer early_;
  bool ended_early_ = false;

  // What the TLS leg sent and nobody could use yet: while a step of the handshake is out or the service is
  // dialled, and the beginning of a record. Empty while idle.
  Buffer tls_held_;
  std::optional<int> tls_end_;  // it has ended while a step was out: as on_end was told
  bool step_out_ = false;       // the handshake is with the pool

  // The dial: the order of targets, the one being tried, its addresses still untried.
  std::vector<std::size_t> order_;
  std::size_t attempt_ = 0;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  Milliseconds dial_deadline_{0};
  std::string last_dial_error_;
  bool lacked_resources_ = false;  // the attempt failed for want of ours, which says nothing about the target

  bool plain_paused_ = false;  // not read, because what it sends cannot be passed on yet
  bool tls_paused_ = false;
  Direction plain_to_tls_;
  Direction tls_to_plain_;
  std::optional<Reason> first_end_;  // which side ended first, once one has
  std::optional<std::string>
      tls_broken_;  // why writing failed, while the peer's last words are still to be read
  Milliseconds last_traffic_{0};
  std::size_t last_unsent_ = 0;
  bool alert_sent_ = false;  // the TLS peer was told by an alert: RST would only overtake it

  // For the log line.
  std::string_view verify_reason_;  // a literal; of the last handshake that failed so
  std::uint64_t id_;
  std::string client_;
  std::string target_;
  Milliseconds started_{0};
  Milliseconds handshake_started_{0};
  std::size_t handshake_bytes_ = 0;
  Milliseconds handshake_time_{0};
};

}  // namespace persona::forward
