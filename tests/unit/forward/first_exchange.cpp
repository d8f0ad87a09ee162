#include <functional>
#include <memory>
#include <optional>

#include <doctest/doctest.h>
#include <uv.h>

#include "persona/dialect/facade.hpp"
#include "tunnel_scene.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

constexpr Tunnel::Limits with_leave{{}, {}, Milliseconds(300)};

void start_with(Scene& scene, dialect::Facade& facade) {
  Tunnel::Before before;
  before.facade = &facade;
  scene.tunnel.start(std::move(before));
  scene.turn();
}

}  // namespace

TEST_CASE("a client is answered in place of the far side, and that counts as no byte of it") {
  const std::string request("\0\0\0\x08\x04\xd2\x16\x2f", 8);
  const auto facade = dialect::Facade::create(Protocol::postgresql);
  SUBCASE("mode persona") {
    Scene scene;
    start_with(scene, *facade);
    scene.plain.receive(request);
    CHECK(scene.plain.text() == "N");
    CHECK(scene.opened().empty());
    CHECK(scene.tunnel.is_unanswered());
    scene.plain.receive("what follows");
    CHECK(scene.opened() == "what follows");
    CHECK(scene.facade_is_over == 0);
    scene.tls.receive(scene.sealed("answer"));
    CHECK(scene.plain.text() == "answer");
    CHECK_FALSE(scene.tunnel.is_unanswered());
    CHECK(scene.facade_is_over == 1);
  }
  SUBCASE("mode gateway") {
    Scene scene({}, config::Mode::gateway);
    start_with(scene, *facade);
    scene.tls.receive(scene.sealed(request));
    CHECK(scene.opened() == "N");
    CHECK(scene.plain.text().empty());
    CHECK(scene.tunnel.is_unanswered());
    scene.tls.receive(scene.sealed("what follows"));
    CHECK(scene.plain.text() == "what follows");
    scene.plain.receive("answer");
    CHECK(scene.opened() == "answer");
    CHECK_FALSE(scene.tunnel.is_unanswered());
    CHECK(scene.facade_is_over == 1);
  }
}

TEST_CASE("what came before the tunnel is not shown to the facade again") {
  const auto facade = dialect::Facade::create_negotiated(Protocol::postgresql);
  Scene scene;
  Tunnel::Before before;
  before.facade = facade.get();
  before.plaintext.append(as_bytes(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8)));
  scene.tunnel.start(std::move(before));
  scene.turn();
  CHECK(scene.opened().size() == 8);
  CHECK(scene.plain.text().empty());
}

TEST_CASE("a far side that breaks off right before its client leaves was left by it") {
  for (const auto mode : {config::Mode::persona, config::Mode::gateway}) {
    const bool persona = mode == config::Mode::persona;
    CAPTURE(persona);
    // What became of it, and who is to have ended first.
    const auto after = [&](const std::function<void(Scene&)>& what_the_client_does) {
      Scene scene(with_leave, mode);
      scene.start();
      if (persona) {
        scene.tls.receive(scene.sealed("answer"));
        scene.tls.end();
      } else {
        scene.plain.receive("answer");
        scene.plain.end(UV_ECONNRESET);
      }
      CHECK(scene.ended() == "open");
      what_the_client_does(scene);
      CHECK(scene.ended() == (persona ? "truncated" : "local_reset"));
      return scene.tunnel.first_end();
    };
    CHECK(after([&](Scene& scene) {
            persona ? scene.plain.end() : scene.tls.receive(scene.close_notify());
          }) == (persona ? Reason::local_closed : Reason::gateway_closed));
    CHECK(after([](Scene& scene) {  // nothing
            scene.pass(Milliseconds(200));
            CHECK(scene.ended() == "open");
            scene.pass(Milliseconds(200));
          }) == std::nullopt);
    CHECK(after([&](Scene& scene) {
            persona ? scene.plain.receive("more") : scene.tls.receive(scene.sealed("more"));
          }) == std::nullopt);
    CHECK(after([&](Scene& scene) { (persona ? scene.plain : scene.tls).end(UV_ECONNRESET); }) ==
          std::nullopt);
  }
}

TEST_CASE("a far side that breaks off without an answer ends at once, so that the client can be told") {
  Scene scene(with_leave);
  scene.start();
  scene.plain.receive("question");
  scene.tls.end();
  CHECK(scene.ended() == "truncated");
}
