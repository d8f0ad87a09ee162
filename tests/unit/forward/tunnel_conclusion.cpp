// How a tunnel is ended at a quiet moment.
#include <doctest/doctest.h>
#include <uv.h>

#include "tunnel_scene.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

const End too_old(Reason::max_age, "old enough");

Scene& open_scene(Scene& scene) {
  scene.start();
  scene.plain.receive("question");
  CHECK(scene.opened() == "question");
  scene.tls.receive(scene.sealed("answer"));
  CHECK(scene.plain.text() == "answer");
  return scene;
}

}  // namespace

TEST_CASE("a moment is quiet when nothing has moved for a while, and nothing is on its way") {
  Scene scene;
  open_scene(scene);
  CHECK_FALSE(scene.tunnel.is_quiet(Milliseconds(100)));
  scene.pass(Milliseconds(100));
  CHECK(scene.tunnel.is_quiet(Milliseconds(100)));
  SUBCASE("a part of a record has come") {
    scene.tls.receive(ByteView(scene.sealed("more")).first(7));
    scene.pass(Milliseconds(500));
    CHECK_FALSE(scene.tunnel.is_quiet(Milliseconds(100)));
  }
  SUBCASE("one side does not take what it is sent") {
    scene.plain.full = true;
    scene.tls.receive(scene.sealed("more"));
    scene.pass(Milliseconds(500));
    CHECK_FALSE(scene.tunnel.is_quiet(Milliseconds(100)));
  }
  SUBCASE("a side has ended, and waits for its answer") {
    scene.plain.end();
    scene.pass(Milliseconds(500));
    CHECK_FALSE(scene.tunnel.is_quiet(Milliseconds(100)));
  }
}

TEST_CASE("at a quiet moment both sides are told, and it ends when both have ended") {
  for (const auto mode : {config::Mode::persona, config::Mode::gateway}) {
    Scene scene({}, mode);
    open_scene(scene);
    scene.tunnel.conclude(too_old);
    CHECK(scene.plain.shut);
    CHECK(scene.closed());
    CHECK(scene.tunnel.concluded());
    CHECK(scene.ended() == "open");
    scene.plain.receive("too late");
    scene.tls.receive(scene.sealed("too late as well"));
    CHECK(scene.opened().empty());
    CHECK(scene.plain.text().empty());
    scene.plain.end();
    CHECK(scene.ended() == "open");
    scene.tls.end();
    CHECK(scene.ended() == "max_age");
    CHECK(scene.end->error == "old enough");
    CHECK(scene.tunnel.plain_bytes() == 8);
    CHECK(scene.tunnel.tls_bytes() == 6);
  }
}

TEST_CASE("whoever does not end in return is not waited for") {
  Scene scene;
  open_scene(scene);
  scene.tunnel.conclude(too_old);
  scene.tls.end(UV_ECONNRESET);
  scene.pass(Tunnel::conclusion_limit - Milliseconds(100));
  CHECK(scene.ended() == "open");
  scene.pass(Milliseconds(100));
  CHECK(scene.ended() == "max_age");
  CHECK(scene.tunnel.concluded());
}

TEST_CASE("a side that cannot be written to any more has ended") {
  Scene scene;
  open_scene(scene);
  scene.tls.write_error = UV_EPIPE;
  scene.tunnel.conclude(too_old);
  CHECK(scene.ended() == "open");
  scene.plain.end();
  CHECK(scene.ended() == "max_age");
}

TEST_CASE("what does not leave makes no orderly end") {
  Scene scene;
  open_scene(scene);
  scene.tls.full = true;
  scene.tunnel.conclude(too_old);
  scene.pass(Tunnel::conclusion_limit);
  CHECK(scene.ended() == "max_age");
  CHECK_FALSE(scene.tunnel.concluded());
}

TEST_CASE("while data is on its way it ends at once, and nobody is told that it is complete") {
  Scene scene;
  open_scene(scene);
  scene.plain.full = true;
  scene.tls.receive(scene.sealed("a long answer"));
  scene.tunnel.conclude(too_old);
  CHECK(scene.ended() == "max_age");
  CHECK_FALSE(scene.tunnel.concluded());
  CHECK_FALSE(scene.plain.shut);
  CHECK_FALSE(scene.closed());
}
