#include <doctest/doctest.h>
#include <uv.h>

#include "../../support/peer.hpp"
#include "forward/tunnel.hpp"
#include "tunnel_scene.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

/// A client's, whose far end is a Forger.
std::unique_ptr<tls::Session> forged_session() {
  return std::make_unique<tls::OpenSession>(
      tls::test::parts_of(tls::test::make_context(tls::test::client_options()), tls::test::aes_256));
}

}  // namespace

TEST_CASE("a TCP end without close_notify is a truncation") {
  Scene scene;
  scene.start();
  scene.tls.receive(scene.sealed("half"));
  scene.tls.end();
  CHECK(scene.ended() == "truncated");
  CHECK(scene.end->error ==
        "the gateway ended the TCP connection without a TLS close_notify: data may be missing");
  CHECK_FALSE(scene.plain.shut);
  CHECK_FALSE(scene.tunnel.answer_under_way());
}

TEST_CASE("a reset of the plaintext leg while it is paused is found") {
  Scene scene;
  scene.start();
  scene.tls.full = true;
  scene.plain.receive("more than it takes");
  REQUIRE_FALSE(scene.plain.reading);
  scene.pass(std::chrono::seconds(3));
  CHECK(scene.ended() == "open");
  scene.plain.pending_error = UV_ECONNRESET;
  scene.pass(std::chrono::seconds(1));
  CHECK(scene.ended() == "local_reset");
  CHECK(scene.end->error == "the client: connection reset by peer");
}

TEST_CASE("a reset of the TLS leg while it is paused: what it had sent is delivered first") {
  Scene scene;
  scene.start();
  scene.plain.full = true;
  scene.tls.receive(scene.sealed("first "));
  REQUIRE_FALSE(scene.tls.reading);
  scene.tls.receive(scene.sealed("second"));
  scene.tls.pending_error = UV_ECONNRESET;
  scene.pass(std::chrono::seconds(1));
  CHECK(scene.ended() == "open");
  CHECK_FALSE(scene.plain.reading);  // it would be read for nobody
  scene.plain.drain();
  scene.turn();
  CHECK(scene.plain.text() == "first second");
  scene.tls.end();  // libuv may call a reset an end
  CHECK(scene.ended() == "gateway_reset");
  CHECK(scene.end->error == "the gateway reset the connection: connection reset by peer");
}

TEST_CASE("a TLS leg that is gone waits five seconds for a plaintext leg that does not read") {
  Scene scene;
  scene.start();
  scene.plain.full = true;
  scene.tls.receive(scene.sealed("answer"));
  scene.tls.pending_error = UV_ECONNRESET;
  scene.pass(std::chrono::seconds(1));
  scene.pass(std::chrono::seconds(3));
  CHECK(scene.ended() == "open");
  scene.pass(std::chrono::seconds(2));
  CHECK(scene.ended() == "gateway_reset");
}

TEST_CASE("when writing to the TLS leg fails, the alert that waits to be read is the reason") {
  for (const bool queued : {false, true}) {
    CAPTURE(queued);
    Scene scene;
    scene.start();
    if (queued) {
      scene.tls.full = true;
      scene.plain.receive("refused");
      scene.tls.fail_writing(UV_EPIPE);
    } else {
      scene.tls.write_error = UV_EPIPE;
      scene.plain.receive("refused");
    }
    CHECK(scene.ended() == "open");
    CHECK_FALSE(scene.plain.reading);
    Buffer alert;
    scene.remote->abort(alert);
    scene.tls.receive(alert.view());
    CHECK(scene.ended() == "gateway_reset");
    CHECK(scene.end->error.find("internal_error") != std::string::npos);
  }
}

TEST_CASE("when writing to the plaintext leg fails the connection ends") {
  Scene scene;
  scene.start();
  scene.plain.write_error = UV_EPIPE;
  scene.tls.receive(scene.sealed("answer"));
  CHECK(scene.ended() == "local_reset");
  CHECK(scene.end->error == "writing to the client: broken pipe");
}

TEST_CASE("a record that was altered is answered by an alert, which no reset may overtake") {
  for (const bool full : {false, true}) {
    CAPTURE(full);
    Scene scene;
    scene.start();
    Bytes records = scene.sealed("words");
    records.back() ^= 1;
    scene.tls.full = full;
    scene.tls.receive(records);
    CHECK(scene.ended() == "protocol_error");
    CHECK(scene.tunnel.alert_sent() == !full);  // it may wait behind what the peer does not take
    if (!full) {
      static_cast<void>(scene.opened());
      CHECK(scene.status == tls::Status::failed);
    }
  }
}

TEST_CASE("after sealing has failed nothing is sent, and the peer is not told by an alert") {
  for (const bool answer : {false, true}) {
    CAPTURE(answer);
    Scene scene(std::make_unique<Unsealing>());
    scene.start();
    if (answer) {
      scene.tls.receive("a message that wants an answer");
    } else {
      scene.plain.receive("words");
    }
    CHECK(scene.ended() == "protocol_error");
    CHECK(scene.tls.sent.empty());
    CHECK_FALSE(scene.tunnel.alert_sent());
  }
}

TEST_CASE("a connection that is idle for timeouts.idle is cut, one that moves is not") {
  Scene scene({.idle = std::chrono::seconds(10), .half_close = std::chrono::seconds(3)});
  scene.start();
  for (int i = 0; i < 3; ++i) {
    scene.pass(std::chrono::seconds(9));
    scene.plain.receive("up");
    scene.pass(std::chrono::seconds(9));
    scene.tls.receive(scene.sealed("down"));
  }
  CHECK(scene.ended() == "open");
  scene.pass(std::chrono::seconds(11));
  CHECK(scene.ended() == "idle_timeout");
  CHECK(scene.end->error == "no traffic for 10s (timeouts.idle)");
}

TEST_CASE("records without data are no traffic: not empty ones, KeyUpdates, alerts that announce an end") {
  for (const bool padded : {false, true}) {
    tls::test::Forger peer(tls::test::aes_256, tls::test::server_sends);
    Scene scene(forged_session(), {.idle = std::chrono::seconds(10)});
    scene.start();
    scene.pass(std::chrono::seconds(6));
    scene.tls.receive(peer.data(as_bytes("words")));
    for (int second = 0; second < 9; ++second) {
      CHECK(scene.ended() == "open");
      scene.pass(std::chrono::seconds(1));
      scene.tls.receive(peer.data({}, padded ? 1'000 : 0));
      scene.tls.receive(peer.update(second % 2 == 0));
      scene.tls.receive(peer.alert(1, tls::AlertDescription::user_canceled));
    }
    CHECK(scene.ended() == "open");
    scene.pass(std::chrono::seconds(2));
    CHECK(scene.ended() == "idle_timeout");
    CHECK(scene.plain.text() == "words");
  }
}

TEST_CASE("an empty record that comes bit by bit does not keep a connection open for long") {
  tls::test::Forger peer(tls::test::aes_256, tls::test::server_sends);
  Scene scene(forged_session(), {.idle = std::chrono::seconds(1)});
  scene.start();
  int bytes = 0;
  for (int record = 0; record < 100 && !scene.end; ++record) {
    for (const std::uint8_t octet : peer.data({}, 78)) {  // of 100 bytes
      if (!scene.end) {
        scene.tls.receive(Bytes{octet});
        scene.pass(Milliseconds(900));
        ++bytes;
      }
    }
  }
  CHECK(scene.ended() == "idle_timeout");
  CHECK(bytes <= 103);
}

TEST_CASE("a sender that takes long for one record is not idle, in both versions of TLS") {
  for (const auto version : {TlsVersion::tls12, TlsVersion::tls13}) {
    Scene scene({.idle = std::chrono::seconds(10)}, config::Mode::persona, version);
    scene.start();
    const Bytes record = scene.sealed(std::string(100, 'x'));
    for (std::size_t at = 0; at < record.size(); at += 20) {
      scene.pass(std::chrono::seconds(9));
      scene.tls.receive(ByteView(record).subspan(at, std::min<std::size_t>(20, record.size() - at)));
    }
    CHECK(scene.ended() == "open");
    CHECK(scene.plain.text() == std::string(100, 'x'));
    scene.pass(std::chrono::seconds(11));
    CHECK(scene.ended() == "idle_timeout");
  }
}

TEST_CASE("timeouts.half_close counts from the end, however long nothing had moved before it") {
  for (const bool of_tls : {false, true}) {
    Scene scene({.half_close = std::chrono::seconds(3)});
    scene.start();
    scene.pass(std::chrono::seconds(50));
    if (of_tls) {
      scene.tls.receive(scene.close_notify());
    } else {
      scene.plain.end();
    }
    scene.pass(std::chrono::seconds(2));
    CHECK(scene.ended() == "open");
    scene.pass(std::chrono::seconds(2));
    CHECK(scene.ended() == "half_close_timeout");
  }
}

TEST_CASE("once one side has ended timeouts.half_close counts") {
  Scene scene({.idle = std::chrono::seconds(100), .half_close = std::chrono::seconds(3)});
  scene.start();
  scene.pass(std::chrono::seconds(50));
  scene.plain.receive("question");
  scene.plain.end();
  scene.pass(std::chrono::seconds(2));
  scene.tls.receive(scene.sealed("still here"));
  scene.pass(std::chrono::seconds(2));
  CHECK(scene.ended() == "open");
  scene.pass(std::chrono::seconds(2));
  CHECK(scene.ended() == "half_close_timeout");
  CHECK(scene.end->error == "no traffic for 3s after one side had ended (timeouts.half_close)");
}

TEST_CASE("a receiver that takes a little at a time is not idle") {
  Scene scene({.idle = std::chrono::seconds(10)});
  scene.start();
  scene.pass(std::chrono::seconds(1));
  scene.plain.full = true;
  scene.tls.receive(scene.sealed("a long answer that is read slowly"));
  scene.tls.receive(scene.sealed("and this behind it"));
  for (int i = 0; i < 5; ++i) {
    scene.plain.drain_some(1);
    scene.pass(std::chrono::seconds(9));
  }
  CHECK(scene.ended() == "open");
  scene.pass(std::chrono::seconds(25));
  CHECK(scene.ended() == "idle_timeout");
}

TEST_CASE("a tunnel that is stopped says nothing any more") {
  Scene scene;
  scene.start();
  scene.tunnel.stop();
  scene.tls.end();
  scene.tunnel.rang(Tunnel::Alarm::quiet);
  CHECK(scene.ended() == "open");
}
