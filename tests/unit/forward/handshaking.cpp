#include "persona/forward/handshaking.hpp"

#include <future>

#include <doctest/doctest.h>
#include <uv.h>

#include "../net/support.hpp"
#include "../tls/pair.hpp"
#include "memory_leg.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

/// A handshake of ours over a leg in memory, and the far end as a job that the test steps.
class HandshakeScene final : public net::HandleOwner, private Handshaking::Events {
 public:
  explicit HandshakeScene(tls::Role role, Milliseconds timeout = std::chrono::seconds(20),
                          const std::shared_ptr<const tls::Context>& client_context = usual_client()) {
    const bool client = role == tls::Role::client;
    static const auto server_context = tls::test::make_context(tls::test::server_options());
    handle_opened();
    const Handshaking::Place place{*loop, pool, this, *this, input_.prepare(Handshaking::read_size)};
    remote.emplace(client ? server_context : client_context,
                   tls::Handshake::Target{client ? "" : "db.example.com", ""});
    ours.emplace(place, leg, client ? client_context : server_context,
                 tls::Handshake::Target{client ? "db.example.com" : "", ""}, timeout,
                 static_cast<Handshaking::Events&>(*this));
  }
  ~HandshakeScene() {
    free_pool();
    ours.reset();
    handle_closed();
    while (open_) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }

  static const std::shared_ptr<const tls::Context>& usual_client() {
    static const auto context = tls::test::make_context(tls::test::client_options());
    return context;
  }

  /// Steps of ours wait until free_pool().
  void occupy_pool() {
    occupied_.emplace();
    pool.run(&occupied_, [end = occupied_->get_future().share()] { end.wait(); });
  }
  void free_pool() { occupied_.reset(); }  // a promise that is gone wakes who waits for it, too

  bool done() const { return verified || failed; }

  /// Until our step is back, and what it said has been sent.
  void run_until(const std::function<bool()>& what) {
    while (!what()) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }

  /// One step of the far end, with what we have sent.
  void far_step() {
    remote->input.append(leg.sent.view());
    leg.sent.clear();
    remote->step();
  }
  Bytes take_far() {
    const ByteView view = remote->output.view();
    Bytes bytes(view.begin(), view.end());
    remote->output.clear();
    return bytes;
  }

  std::string_view reason() const { return failed ? to_string(failed->reason) : "none"; }

  net::test::TestLoop loop;
  HandshakePool pool{1};
  MemoryLeg leg;
  std::optional<HandshakeJob> remote;
  std::optional<Handshaking> ours;
  std::optional<Handshaking::Verified> verified;
  std::optional<End> failed;

 private:
  void on_verified(Handshaking::Verified what) override {
    CHECK_FALSE(done());
    verified = std::move(what);
  }
  void on_handshake_failed(const End& why) override {
    CHECK_FALSE(done());
    failed = why;
  }
  void on_handles_closed() override { open_ = false; }

  bool open_ = true;
  Buffer input_;
  std::optional<std::promise<void>> occupied_;
};

}  // namespace

TEST_CASE("an end while a step is out is told when the step is back") {
  HandshakeScene scene(tls::Role::client);
  scene.occupy_pool();
  scene.ours->start();
  REQUIRE(scene.leg.reading);
  scene.leg.end();
  CHECK_FALSE(scene.done());
  scene.free_pool();
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.reason() == "handshake_failed");
  CHECK(scene.failed->error ==
        "the gateway closed the connection without answering the TLS handshake: is it a TLS port?");
  CHECK(scene.ours->is_unanswered());
  CHECK_FALSE(scene.leg.sent.empty());  // the ClientHello of that step
}

TEST_CASE("what the peer said before it ended explains the end") {
  HandshakeScene scene(tls::Role::client);
  scene.occupy_pool();
  scene.ours->start();
  scene.leg.receive("HTTP/1.1 400 Bad Request\r\n\r\n");
  scene.leg.end(UV_ECONNRESET);
  CHECK_FALSE(scene.done());
  scene.free_pool();
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.reason() == "handshake_failed");
  CHECK(scene.failed->error.find("HTTP/") != std::string::npos);
}

TEST_CASE("a reset while no step is out ends the handshake at once") {
  HandshakeScene scene(tls::Role::client);
  scene.ours->start();
  scene.run_until([&] { return !scene.leg.sent.empty(); });
  scene.leg.end(UV_ECONNRESET);
  CHECK(scene.reason() == "gateway_reset");
  CHECK(scene.failed->error ==
        "the gateway reset the connection during the TLS handshake: connection reset by peer");
}

TEST_CASE("a client that connects and leaves without a word is no failure") {
  HandshakeScene scene(tls::Role::server);
  scene.ours->start();
  scene.leg.end();
  CHECK(scene.reason() == "gateway_closed");
  CHECK(scene.failed->error.empty());
}

TEST_CASE("data that comes with the last bytes of the handshake belongs to the session") {
  HandshakeScene scene(tls::Role::server);
  scene.ours->start();
  scene.far_step();
  scene.leg.receive(scene.take_far());
  scene.run_until([&] { return !scene.leg.sent.empty(); });
  scene.far_step();
  REQUIRE(scene.remote->session);
  Bytes last = scene.take_far();
  Buffer records;
  REQUIRE(scene.remote->session->seal(as_bytes("early words"), records));
  last.insert(last.end(), records.view().begin(), records.view().end());
  scene.leg.receive(last);
  records.clear();
  REQUIRE(scene.remote->session->seal(as_bytes(" and more"), records));
  scene.leg.receive(records.view());  // while the step is out
  scene.leg.end();
  CHECK_FALSE(scene.done());
  scene.run_until([&] { return scene.done(); });
  REQUIRE(scene.verified);
  CHECK(scene.verified->ended == 0);
  ByteSpan rest = scene.verified->rest.writable();
  tls::Plaintext plaintext;
  Buffer reply;
  CHECK(scene.verified->session->open(rest, plaintext, reply) == tls::Status::want_input);
  std::string text;
  for (const ByteView piece : plaintext.pieces) {
    text += as_text(piece);
  }
  CHECK(text == "early words and more");
}

TEST_CASE("a peer that sends much while a step is out is not read further until it is back") {
  HandshakeScene scene(tls::Role::client);
  scene.occupy_pool();
  scene.ours->start();
  scene.leg.receive(Bytes(3 * Handshaking::read_size, 0x16));
  CHECK_FALSE(scene.leg.reading);
  scene.free_pool();
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.reason() == "handshake_failed");
}

TEST_CASE("a handshake that takes too long is a timeout, in words") {
  HandshakeScene scene(tls::Role::client, Milliseconds(50));
  scene.ours->start();
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.reason() == "handshake_timeout");
  CHECK(scene.failed->error ==
        "the gateway did not answer the TLS handshake within timeouts.handshake (50ms): is it a TLS port?");
  CHECK(scene.ours->is_silent());
  CHECK_FALSE(scene.ours->is_unanswered());
}

TEST_CASE("one that began and does not go on has not finished") {
  HandshakeScene scene(tls::Role::client, Milliseconds(200));
  scene.ours->start();
  scene.run_until([&] { return !scene.leg.sent.empty(); });
  scene.leg.receive(Bytes{22, 3, 3, 0, 122, 2});  // of a ServerHello
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.failed->error ==
        "the gateway did not finish the TLS handshake within timeouts.handshake (200ms)");
  CHECK_FALSE(scene.ours->is_silent());
}

TEST_CASE("a client that waits for the server to begin is told apart") {
  HandshakeScene scene(tls::Role::server, Milliseconds(50));
  scene.ours->start();
  scene.run_until([&] { return scene.done(); });
  CHECK(scene.reason() == "handshake_timeout");
  CHECK(scene.failed->error ==
        "the client sent nothing within timeouts.handshake (50ms): without TLS some wait for the server to "
        "begin, as "
        "those of MySQL do");
}

TEST_CASE("what does not speak TLS is remembered by its first bytes, and a client of a database is named") {
  HandshakeScene gateway(tls::Role::client);
  gateway.ours->start();
  gateway.leg.receive("SSH-2.0-" + std::string(1000, 'x'));
  gateway.run_until([&] { return gateway.done(); });
  CHECK(gateway.ours->words().size() == Handshaking::most_words);
  CHECK(as_text(gateway.ours->words()).starts_with("SSH-2.0-xxx"));
  HandshakeScene client(tls::Role::server);
  client.ours->start();
  client.leg.receive("*1\r\n$4\r\nPING\r\n");
  client.run_until([&] { return client.done(); });
  CHECK(client.failed->error.starts_with("the client speaks Redis without TLS: "));
  HandshakeScene tls(tls::Role::client);
  tls.ours->start();
  tls.leg.receive(Bytes{21, 3, 3, 0, 2, 2, 40});
  tls.run_until([&] { return tls.done(); });
  CHECK(tls.ours->words().empty());
}

TEST_CASE("letting go while a step is out is heard of no more") {
  HandshakeScene scene(tls::Role::client);
  scene.occupy_pool();
  scene.ours->start();
  scene.ours.reset();
  scene.free_pool();
  bool later = false;
  scene.pool.run(&scene, [&] { scene.loop->post([&] { later = true; }); });
  scene.run_until([&] { return later; });
  CHECK_FALSE(scene.done());
  CHECK(scene.leg.sent.empty());
}

TEST_CASE("who is refused is told by an alert, unless writing has failed") {
  for (const bool broken : {false, true}) {
    CAPTURE(broken);
    HandshakeScene scene(tls::Role::server);
    scene.leg.write_error = broken ? UV_EPIPE : 0;
    scene.ours->start();
    scene.leg.receive(Bytes{22, 3, 1, 0, 4, 2, 0, 0, 0});  // a ServerHello
    scene.run_until([&] { return scene.done(); });
    CHECK(scene.reason() == "handshake_failed");
    CHECK(scene.ours->alert_sent() == !broken);
  }
}

TEST_CASE("the ClientHello is made on the loop where the pool has nothing to do and the share is quick") {
  HandshakeScene idle(tls::Role::client);
  idle.ours->start();
  CHECK_FALSE(idle.leg.sent.empty());
  CHECK(idle.leg.reading);

  HandshakeScene busy(tls::Role::client);
  busy.occupy_pool();
  busy.ours->start();
  CHECK(busy.leg.sent.empty());
  busy.free_pool();
  busy.run_until([&] { return !busy.leg.sent.empty(); });

  tls::ContextOptions options = tls::test::client_options();
  options.groups = {find_named_group("secp384r1")->code_point, find_named_group("x25519")->code_point};
  HandshakeScene slow(tls::Role::client, std::chrono::seconds(20), tls::test::make_context(options));
  slow.ours->start();
  CHECK(slow.leg.sent.empty());
  slow.run_until([&] { return !slow.leg.sent.empty(); });
}

TEST_CASE("a ClientHello on the loop that cannot be sent ends the handshake like any other") {
  HandshakeScene scene(tls::Role::client);
  scene.leg.write_error = UV_EPIPE;
  scene.ours->start();
  CHECK_FALSE(scene.done());  // what the peer may have said is still to be read
  scene.leg.end(UV_ECONNRESET);
  CHECK(scene.reason() == "gateway_reset");
}
