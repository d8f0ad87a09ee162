// A tunnel between two legs in memory, its time, and the far end of its TLS session.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "../tls/pair.hpp"
#include "forward/tunnel.hpp"
#include "memory_leg.hpp"
#include "persona/forward/handshake_pool.hpp"

namespace persona::forward::test {

struct Sessions {
  std::unique_ptr<tls::Session> client;
  std::unique_ptr<tls::Session> server;
};

inline Sessions make_sessions(TlsVersion version) {
  const auto client_context = tls::test::make_context(tls::test::only(tls::test::client_options(), version));
  const auto server_context = tls::test::make_context(tls::test::only(tls::test::server_options(), version));
  HandshakeJob client(client_context, {"db.example.com", ""});
  HandshakeJob server(server_context, {"", ""});
  for (int round = 0; round < 10 && !(client.session && server.session); ++round) {
    for (const bool of_client : {true, false}) {
      HandshakeJob& job = of_client ? client : server;
      if (!job.session) {
        job.step();
        (of_client ? server : client).input.append(job.output.view());
        job.output.clear();
      }
    }
  }
  REQUIRE(client.session);
  REQUIRE(server.session);
  // The tickets behind the handshake come before anything that a test sends.
  ByteSpan tickets = client.input.writable();
  tls::Plaintext nothing;
  Buffer reply;
  REQUIRE(client.session->open(tickets, nothing, reply) == tls::Status::want_input);
  return {std::move(client.session), std::move(server.session)};
}

/// Fails to seal, though it has begun to.
class Unsealing final : public tls::Session {
 public:
  Unsealing() : Session({}) {}
  bool seal(ByteView, Buffer& output) override {
    output.append(as_bytes("half a record"));
    fail({tls::Failure::Kind::protocol_error, "cannot seal", {}});
    return false;
  }
  tls::Status open(ByteSpan& input, tls::Plaintext&, Buffer&) override {
    owed_ = true;
    input = input.last(0);
    return tls::Status::want_input;
  }
  bool answer_owed() const override { return owed_; }
  bool answer(Buffer& output) override { return seal({}, output); }
  void close_notify(Buffer&) override {}
  void abort(Buffer&) override {}

 private:
  bool owed_ = false;
};

class Scene final : private Tunnel::Host {
 public:
  /// Of mode persona the tunnel is the client, of mode gateway the server.
  explicit Scene(Tunnel::Limits limits = {}, config::Mode mode = config::Mode::persona,
                 TlsVersion version = TlsVersion::tls13)
      : Scene(limits, mode, make_sessions(version)) {}
  explicit Scene(std::unique_ptr<tls::Session> session, Tunnel::Limits limits = {})
      : tunnel(*this, scratch, plain, tls, std::move(session), config::Mode::persona, limits) {}

  /// Tells what has come until nothing moves.
  void turn() {
    plain.deliver();
    tls.deliver();
    plain.deliver();
  }
  void start() {
    tunnel.start({});
    turn();
  }

  /// Records of the far end.
  Bytes sealed(std::string_view text) const {
    Buffer records;
    REQUIRE(remote->seal(as_bytes(text), records));
    return {records.view().begin(), records.view().end()};
  }
  Bytes close_notify() const {
    Buffer records;
    remote->close_notify(records);
    return {records.view().begin(), records.view().end()};
  }

  /// What the far end has received; `closed` is told when that ended by close_notify.
  std::string opened() {
    ByteSpan rest = tls.sent.writable();
    tls::Plaintext plaintext;
    Buffer reply;
    status = remote->open(rest, plaintext, reply);
    std::string text;
    for (const ByteView piece : plaintext.pieces) {
      text += as_text(piece);
    }
    tls.sent.clear();
    return text;
  }
  bool closed() {
    static_cast<void>(opened());
    return status == tls::Status::closed;
  }

  void pass(Milliseconds time) {
    for (Milliseconds step{0}; step < time; step += Milliseconds(100)) {
      time_ += Milliseconds(100);
      for (const auto alarm : {Tunnel::Alarm::quiet, Tunnel::Alarm::hangup}) {
        const auto found = alarms_.find(alarm);
        if (found != alarms_.end() && found->second <= time_ && !end) {
          alarms_.erase(found);
          tunnel.rang(alarm);
        }
      }
    }
  }
  bool has_alarm(Tunnel::Alarm alarm) const { return alarms_.contains(alarm); }

  std::string_view ended() const { return end ? to_string(end->reason) : "open"; }

  Scratch scratch;
  LoopCounters counted;
  MemoryLeg plain;
  MemoryLeg tls;
  std::unique_ptr<tls::Session> remote;
  tls::Status status = tls::Status::want_input;
  std::optional<End> end;
  int facade_is_over = 0;  // how often it was told
  Tunnel tunnel;

 private:
  Scene(const Tunnel::Limits& limits, config::Mode mode, Sessions sessions)
      : remote(std::move(mode == config::Mode::persona ? sessions.server : sessions.client)),
        tunnel(*this, scratch, plain, tls,
               std::move(mode == config::Mode::persona ? sessions.client : sessions.server), mode, limits) {}

  Milliseconds now() override { return time_; }
  void set_alarm(Tunnel::Alarm alarm, Milliseconds delay) override { alarms_[alarm] = time_ + delay; }
  void drop_alarm(Tunnel::Alarm alarm) override { alarms_.erase(alarm); }
  LoopCounters& counters() override { return counted; }
  void on_facade_over() override { ++facade_is_over; }
  void on_tunnel_ended(const End& why) override {
    CHECK_FALSE(end);
    end = why;
    plain.reading = tls.reading = false;
  }

  Milliseconds time_{1'000'000};
  std::map<Tunnel::Alarm, Milliseconds> alarms_;
};

}  // namespace persona::forward::test
