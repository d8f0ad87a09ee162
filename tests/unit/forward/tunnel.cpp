#include "forward/tunnel.hpp"

#include <doctest/doctest.h>
#include <uv.h>

#include "tunnel_scene.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

TEST_CASE("bytes go both ways, and records that come in pieces are put together") {
  Scene scene;
  scene.start();
  scene.plain.receive("question");
  CHECK(scene.opened() == "question");
  for (const std::uint8_t each : scene.sealed("answer")) {
    scene.tls.receive(ByteView(&each, 1));
  }
  CHECK(scene.plain.text() == "answer");
  CHECK(scene.tunnel.plain_bytes() == 8);
  CHECK(scene.tunnel.tls_bytes() == 6);
  CHECK_FALSE(scene.has_alarm(Tunnel::Alarm::quiet));
  CHECK(scene.ended() == "open");
}

TEST_CASE("up is what the client sends, whichever leg it has, and is counted as it comes") {
  for (const auto mode : {config::Mode::persona, config::Mode::gateway}) {
    CAPTURE(static_cast<int>(mode));
    Scene scene({}, mode);
    const bool client_is_plain = mode == config::Mode::persona;
    scene.start();
    scene.plain.receive("plaintext");
    scene.tls.receive(scene.sealed("sealed"));
    CHECK(scene.ended() == "open");
    CHECK(scene.counted.bytes_up.value() == (client_is_plain ? 9 : 6));
    CHECK(scene.counted.bytes_down.value() == (client_is_plain ? 6 : 9));
    scene.plain.receive("more");
    CHECK(scene.counted.bytes_up.value() + scene.counted.bytes_down.value() == 9 + 6 + 4);
  }
}

TEST_CASE("the plaintext side ends first: what returns is still delivered") {
  Scene scene;
  scene.start();
  scene.plain.receive("question");
  scene.plain.end();
  CHECK(scene.opened() == "question");
  CHECK(scene.status == tls::Status::closed);
  CHECK_FALSE(scene.tls.shut);  // the alert is the end, no FIN follows
  scene.tls.receive(scene.sealed("a long answer"));
  CHECK(scene.plain.text() == "a long answer");
  CHECK_FALSE(scene.plain.shut);
  CHECK(scene.ended() == "open");
  scene.tls.receive(scene.close_notify());
  CHECK(scene.plain.shut);
  CHECK(scene.ended() == "local_closed");
  CHECK(scene.tunnel.first_end() == Reason::local_closed);
}

TEST_CASE("the TLS side ends first: what returns is still delivered") {
  Scene scene({}, config::Mode::gateway);
  scene.start();
  scene.tls.receive(scene.sealed("question"));
  scene.tls.receive(scene.close_notify());
  CHECK(scene.plain.text() == "question");
  CHECK(scene.plain.shut);
  CHECK(scene.ended() == "open");
  scene.tls.receive("RFC 8446 section 6.1: what comes after a closure alert is ignored");
  scene.plain.receive("a long answer");
  CHECK(scene.opened() == "a long answer");
  scene.tls.end();  // of TCP, after close_notify: ordinary
  CHECK(scene.ended() == "open");
  scene.plain.end();
  CHECK(scene.closed());
  CHECK(scene.ended() == "gateway_closed");
  CHECK(scene.plain.text().empty());
}

TEST_CASE("a TLS leg that is full stops the plaintext leg, and the end waits behind what is queued") {
  Scene scene;
  scene.start();
  scene.tls.full = true;
  scene.plain.receive("first");
  CHECK_FALSE(scene.plain.reading);
  scene.plain.receive("second");
  scene.plain.end();
  scene.turn();
  CHECK(scene.tunnel.plain_bytes() == 5);
  scene.tls.drain();
  CHECK(scene.opened() == "first");
  CHECK(scene.status == tls::Status::want_input);
  CHECK(scene.plain.reading);
  scene.tls.full = true;
  scene.turn();
  scene.turn();
  CHECK(scene.tls.sent.empty());
  scene.tls.drain();
  scene.turn();
  CHECK(scene.opened() == "second");
  CHECK(scene.status == tls::Status::closed);
}

TEST_CASE("an end while a write to the TLS leg is under way is told behind it") {
  Scene scene;
  scene.start();
  scene.tls.full = true;
  scene.plain.receive("all of it");
  scene.plain.reading = true;  // the kernel had told the end already
  scene.plain.end();
  CHECK(scene.tunnel.first_end() == Reason::local_closed);
  CHECK(scene.tls.sent.empty());
  scene.tls.drain();
  CHECK(scene.opened() == "all of it");
  CHECK(scene.status == tls::Status::closed);
}

TEST_CASE("a plaintext leg that is full stops the TLS leg, and FIN waits behind what is queued") {
  Scene scene;
  scene.start();
  scene.plain.full = true;
  scene.tls.receive(scene.sealed("first"));
  CHECK_FALSE(scene.tls.reading);
  scene.tls.receive(scene.sealed("second"));
  CHECK(scene.tunnel.tls_bytes() == 5);
  scene.plain.drain();
  CHECK(scene.tls.reading);
  scene.plain.full = true;
  scene.tls.receive(scene.close_notify());
  CHECK(scene.plain.text() == "first");
  CHECK_FALSE(scene.plain.shut);
  scene.plain.drain();
  scene.turn();
  CHECK(scene.plain.text() == "second");
  CHECK(scene.plain.shut);
}

TEST_CASE("the end of the connection waits for the last byte of an answer") {
  Scene scene;
  scene.start();
  scene.plain.end();
  scene.plain.full = true;
  Bytes last = scene.sealed("answer");
  const Bytes alert = scene.close_notify();
  last.insert(last.end(), alert.begin(), alert.end());
  scene.tls.receive(last);
  CHECK_FALSE(scene.plain.shut);
  CHECK(scene.ended() == "open");
  scene.plain.drain();
  CHECK(scene.plain.text() == "answer");
  CHECK(scene.plain.shut);
  CHECK(scene.ended() == "local_closed");
}

TEST_CASE("the end of the connection waits until our close_notify has left") {
  Scene scene;
  scene.start();
  scene.tls.receive(scene.close_notify());
  scene.tls.full = true;
  scene.plain.end();
  CHECK(scene.ended() == "open");
  scene.tls.drain();
  CHECK(scene.closed());
  CHECK(scene.ended() == "gateway_closed");
}

TEST_CASE("what came before the tunnel is delivered, with its ends") {
  Scene scene;
  Tunnel::Before before;
  before.plaintext.append(as_bytes("early"));
  before.plain_ended = true;
  const Bytes records = scene.sealed("with the last bytes of the handshake");
  before.records.append(ByteView(records).first(records.size() - 3));
  scene.tunnel.start(std::move(before));
  CHECK(scene.opened() == "early");
  CHECK(scene.status == tls::Status::closed);
  CHECK(scene.plain.text().empty());
  CHECK_FALSE(scene.plain.reading);
  scene.tls.receive(ByteView(records).last(3));
  CHECK(scene.plain.text() == "with the last bytes of the handshake");
  CHECK(scene.ended() == "open");
}

TEST_CASE("a TLS leg that ended before the tunnel was there is truncated behind its last record") {
  Scene scene;
  Tunnel::Before before;
  const Bytes records = scene.sealed("last words");
  before.records.append(records);
  before.tls_ended = 0;
  scene.tunnel.start(std::move(before));
  CHECK(scene.plain.text() == "last words");
  CHECK(scene.ended() == "truncated");
}
