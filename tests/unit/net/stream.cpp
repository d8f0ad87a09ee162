#include "persona/net/stream.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "persona/net/listener.hpp"
#include "persona/net/timer.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

namespace {

/// Records what happens to one stream.
struct Recorder final : HandleOwner, StreamEvents {
  std::string received;
  int connected = -1;
  int ended = 1;
  bool closed = false;
  int written = 0;
  std::function<void()> on_progress = [] {};
  HandlePtr<Stream> stream;
  std::size_t batch = 65'536;
  Buffer input;

  int connect(Loop& loop, std::uint16_t port) {
    int error = 0;
    stream = Stream::create(loop, Stream::Kind::tcp, *this, error);
    REQUIRE(error == 0);
    stream->tell(this);
    return stream->connect(*SocketAddress::from_numeric("127.0.0.1", port), [this](int status) {
      connected = status;
      on_progress();
    });
  }
  ByteSpan on_buffer() override { return input.prepare(batch); }
  void on_read(ByteView bytes) override {
    received += as_text(bytes);
    on_progress();
  }
  void on_end(int status) override {
    ended = status;
    on_progress();
  }
  void on_written(int) override {
    ++written;
    on_progress();
  }
  void on_handles_closed() override { closed = true; }
};

/// A connected pair on one loop.
struct Wire {
  TestLoop loop;
  Recorder dialled;
  Recorder accepted;
  HandlePtr<Listener> listener;

  Wire() {
    auto bound = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
    REQUIRE(bound);
    listener = std::move(*bound);
    listener->start({[this](Socket socket, const SocketAddress&) {
                       int error = 0;
                       accepted.stream = Stream::create(*loop, Stream::Kind::tcp, accepted, error);
                       REQUIRE(error == 0);
                       accepted.stream->tell(&accepted);
                       REQUIRE(accepted.stream->adopt(std::move(socket)) == 0);
                     },
                     [](const std::string&, Milliseconds) {}});
    REQUIRE(dialled.connect(*loop, listener->local().port) == 0);
    until([this] { return accepted.stream && dialled.connected == 0; });
  }

  ~Wire() {
    listener.reset();
    dialled.stream.reset();
    accepted.stream.reset();
    until([this] { return dialled.closed && accepted.closed; });
  }

  /// Turns the loop until `done`; a test that hangs is ended by ctest.
  void until(const std::function<bool()>& done) {
    while (!done()) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }
};

}  // namespace

TEST_CASE("more than the kernel takes is queued, arrives whole, and is followed by FIN") {
  Wire wire;
  std::string sent(8 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < sent.size(); i += 1'000) {
    sent[i] = static_cast<char>(i / 1'000);
  }
  const auto done = wire.dialled.stream->write(as_bytes(sent));
  REQUIRE(done);
  CHECK_FALSE(*done);
  REQUIRE(wire.dialled.stream->write(as_bytes("tail")));
  CHECK(wire.dialled.stream->writing());
  CHECK(wire.dialled.stream->shutdown() == 0);
  REQUIRE(wire.accepted.stream->start_reading() == 0);
  wire.until([&] { return wire.accepted.ended != 1; });
  CHECK(wire.accepted.ended == 0);
  CHECK(wire.accepted.received == sent + "tail");
  CHECK_FALSE(wire.dialled.stream->writing());
}

TEST_CASE("in one turn of the loop a stream delivers one full buffer, however much waits") {
  for (const bool pauses : {false, true}) {
    CAPTURE(pauses);
    Wire wire;
    constexpr std::size_t batch = 1'024;
    constexpr std::size_t batches = 16;
    wire.accepted.batch = batch;
    const std::string sent(batches * batch, 'x');
    const auto done = wire.dialled.stream->write(as_bytes(sent));
    REQUIRE(done);
    REQUIRE(*done);
    std::vector<std::uint64_t> turns;
    std::size_t seen = 0;
    wire.accepted.on_progress = [&] {
      if (wire.accepted.received.size() - seen == batch) {
        turns.push_back(wire.loop->polls());
      }
      seen = wire.accepted.received.size();
      if (pauses) {  // like a full sink that has room again at once
        wire.accepted.stream->stop_reading();
        REQUIRE(wire.accepted.stream->start_reading() == 0);
      }
    };
    REQUIRE(wire.accepted.stream->start_reading() == 0);
    wire.until([&] { return wire.accepted.received.size() == sent.size(); });
    CHECK(wire.accepted.ended == 1);
    CHECK(turns.size() > batches / 2);  // the other reads have found less
    CHECK(std::adjacent_find(turns.begin(), turns.end()) == turns.end());
  }
}

TEST_CASE("pieces arrive in order, however many and however small") {
  Wire wire;
  std::string whole;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 3'000; ++i) {
    texts.push_back(std::string(i % 7 == 0 ? 0 : 4 * i, static_cast<char>('a' + i % 26)));
    whole += texts.back();
  }
  std::vector<ByteView> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(as_bytes(text));
  }
  const auto done = wire.dialled.stream->write(pieces);
  REQUIRE(done);
  CHECK_FALSE(*done);  // 15 MB: the kernel stops somewhere within a piece
  REQUIRE(wire.dialled.stream->write(std::span(pieces).first(100)));
  CHECK(wire.dialled.stream->shutdown() == 0);
  REQUIRE(wire.accepted.stream->start_reading() == 0);
  wire.until([&] { return wire.accepted.ended != 1; });
  for (std::size_t i = 0; i < 100; ++i) {
    whole += texts[i];
  }
  CHECK(wire.accepted.received == whole);
}

TEST_CASE("a reset is seen as one, also after a shutdown") {
  for (const bool shut_first : {false, true}) {
    Wire wire;
    if (shut_first) {
      CHECK(wire.dialled.stream->shutdown() == 0);
    }
    wire.dialled.stream->reset_on_close();
    wire.dialled.stream.reset();
    REQUIRE(wire.accepted.stream->start_reading() == 0);
    wire.until([&] { return wire.accepted.ended != 1; });
    CHECK(wire.accepted.ended == UV_ECONNRESET);
    wire.until([&] { return wire.dialled.closed; });
  }
}

TEST_CASE("what waits in a socket is read before a timer fires that was due meanwhile") {
  Wire wire;
  REQUIRE(wire.accepted.stream->start_reading() == 0);
  std::string read_by_then = "not fired";
  const auto timer = Timer::create(*wire.loop, nullptr);
  wire.loop->post([&] {
    timer->start(Milliseconds(2), [&] { read_by_then = wire.accepted.received; });
    const Milliseconds start = precise_now();
    REQUIRE(wire.dialled.stream->write(as_bytes("in time")));
    while (precise_now() < start + Milliseconds(10)) {  // the loop stands still
    }
  });
  wire.until([&] { return read_by_then != "not fired"; });
  CHECK(read_by_then == "in time");
}

TEST_CASE("a timer that finds the loop to have stood still begins anew, once") {
  TestLoop loop;
  std::vector<int> order;
  const auto patient = Timer::create(*loop, nullptr);
  const auto strict = Timer::create(*loop, nullptr);
  const auto next = Timer::create(*loop, nullptr);
  const auto stand_still = [] {
    const Milliseconds start = precise_now();
    while (precise_now() < start + Milliseconds(700)) {
    }
  };
  const auto turn_until = [&](std::size_t count) {
    while (order.size() < count) {
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  };
  patient->start(
      Milliseconds(400), [&] { order.push_back(1); }, Timer::StoodStill::begins_anew);
  strict->start(Milliseconds(400), [&] { order.push_back(2); });
  stand_still();
  next->start(Milliseconds(1), [&] { order.push_back(3); });
  turn_until(2);
  CHECK(order.size() == 2);
  CHECK(std::find(order.begin(), order.end(), 1) == order.end());
  stand_still();
  turn_until(3);
  CHECK(order.back() == 1);
}

TEST_CASE("letting go with a write under way frees everything and calls nothing back") {
  Wire wire;
  const std::string sent(8 * 1024 * 1024, 'x');
  REQUIRE(wire.dialled.stream->write(as_bytes(sent)));
  REQUIRE(wire.dialled.stream->writing());
  wire.dialled.stream.reset();
  wire.until([&] { return wire.dialled.closed; });
  CHECK(wire.dialled.written == 0);
}

TEST_CASE("a refused connection is reported with its code") {
  TestLoop loop;
  std::uint16_t port = 0;
  {
    auto bound = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
    REQUIRE(bound);
    port = (*bound)->local().port;
  }
  uv_run(loop->uv(), UV_RUN_NOWAIT);
  Recorder recorder;
  REQUIRE(recorder.connect(*loop, port) == 0);
  while (recorder.connected == -1) {
    uv_run(loop->uv(), UV_RUN_ONCE);
  }
  CHECK(recorder.connected == UV_ECONNREFUSED);
  recorder.stream.reset();
  while (!recorder.closed) {
    uv_run(loop->uv(), UV_RUN_ONCE);
  }
}

TEST_CASE("tasks of other threads run on the loop, in order; later ones are dropped") {
  TestLoop loop;
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      loop->post([&order, i] { order.push_back(i); });
    }
  });
  other.join();
  while (order.size() < 100) {
    uv_run(loop->uv(), UV_RUN_ONCE);
  }
  CHECK(std::is_sorted(order.begin(), order.end()));
  loop->finish();
  loop->post([&] { order.clear(); });
  uv_run(loop->uv(), UV_RUN_DEFAULT);
  CHECK(order.size() == 100);
}
