#include "persona/forward/handshake_pool.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "../tls/pair.hpp"

using namespace persona;
using namespace persona::forward;

TEST_CASE("tasks run on the pool's thread, in the order they came") {
  HandshakePool pool(1);
  REQUIRE(pool.threads() == 1);
  std::vector<int> order;  // touched by the one thread of the pool, then by us
  std::promise<std::thread::id> done;
  for (int i = 0; i < 100; ++i) {
    pool.run(&pool, [&order, i] { order.push_back(i); });
  }
  pool.run(&pool, [&done] { done.set_value(std::this_thread::get_id()); });
  CHECK(done.get_future().get() != std::this_thread::get_id());
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("queues take turns: a long one does not keep another waiting") {
  HandshakePool pool(1);
  const char storm = 0;
  const char calm = 0;
  const char other = 0;
  std::promise<void> started;
  std::promise<void> gate;
  std::promise<void> done;
  std::string order;  // touched by the one thread of the pool, then by us
  pool.run(&storm, [&] {
    started.set_value();
    gate.get_future().wait();
  });
  started.get_future().wait();
  for (int i = 0; i < 100; ++i) {
    pool.run(&storm, [&order] { order += 's'; });
  }
  pool.run(&calm, [&order] { order += 'c'; });
  pool.run(&calm, [&order] { order += 'C'; });
  pool.run(&other, [&order] { order += 'o'; });
  pool.run(&storm, [&done] { done.set_value(); });
  gate.set_value();
  done.get_future().wait();
  CHECK(order.substr(0, 6) == "scosCs");
  CHECK(order.size() == 103);
}

TEST_CASE("a queue that was empty is last in turn again") {
  HandshakePool pool(1);
  const char first = 0;
  const char second = 0;
  std::string order;
  for (int round = 0; round < 3; ++round) {
    std::promise<void> started;
    std::promise<void> gate;
    std::promise<void> done;
    pool.run(&second, [&] {
      started.set_value();
      gate.get_future().wait();
    });
    started.get_future().wait();
    pool.run(&first, [&order] { order += '1'; });
    pool.run(&first, [&order] { order += '1'; });
    pool.run(&second, [&order] { order += '2'; });
    pool.run(&second, [&done] { done.set_value(); });
    gate.set_value();
    done.get_future().wait();
  }
  CHECK(order == "121121121");
}

TEST_CASE("as many tasks run at once as there are threads") {
  HandshakePool pool(3);
  // No std::latch: without futexes (MinGW) that of GCC 12 can miss being woken.
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    pool.run(&pool, [&] {
      std::unique_lock lock(mutex);
      ++running;
      changed.notify_all();
      changed.wait(lock, [&] { return running == 3; });  // for ever, if one waited for another
      ++done;
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done == 3; });
}

TEST_CASE("without threads a task runs at once") {
  HandshakePool pool(0);
  bool ran = false;
  pool.run(&pool, [&ran] { ran = true; });
  CHECK(ran);
}

TEST_CASE("a pool that ends waits for the task under way and keeps nothing of the others") {
  std::promise<void> started;
  std::promise<void> may_end;
  bool finished = false;
  const auto marker = std::make_shared<int>(1);
  std::thread helper;
  {
    HandshakePool pool(1);
    pool.run(&pool, [&] {
      started.set_value();
      may_end.get_future().wait();
      finished = true;
    });
    pool.run(&pool, [marker] {});
    started.get_future().wait();
    helper = std::thread([&may_end] { may_end.set_value(); });
  }
  helper.join();
  CHECK(finished);
  CHECK(marker.use_count() == 1);
}

TEST_CASE("two jobs step by step become two sessions") {
  HandshakeJob client(tls::test::make_context(tls::test::client_options()), {"db.example.com", ""});
  HandshakeJob server(tls::test::make_context(tls::test::server_options()), {"", ""});
  for (int round = 0; round < 10 && !(client.session && server.session); ++round) {
    if (!client.session) {
      client.step();
      REQUIRE(client.status != tls::Status::failed);
      server.input.append(client.output.view());
      client.output.clear();
    }
    if (!server.session) {
      server.step();
      REQUIRE(server.status != tls::Status::failed);
      client.input.append(server.output.view());
      server.output.clear();
    }
  }
  REQUIRE(client.session);
  REQUIRE(server.session);
  Buffer wire;
  REQUIRE(client.session->seal(as_bytes("words"), wire));
  ByteSpan rest = wire.writable();
  tls::Plaintext plaintext;
  Buffer reply;
  REQUIRE(server.session->open(rest, plaintext, reply) == tls::Status::want_input);
  REQUIRE(plaintext.pieces.size() == 1);
  CHECK(as_text(plaintext.pieces.front()) == "words");
}

TEST_CASE("a job that fails says why and has what the peer should hear") {
  HandshakeJob server(tls::test::make_context(tls::test::server_options()), {"", ""});
  server.input.append(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  server.step();
  CHECK(server.status == tls::Status::failed);
  CHECK_FALSE(server.session);
  REQUIRE(server.failure);
  CHECK(server.failure->message == "the client does not speak TLS here: its first bytes are \"GET /\"");
}

TEST_CASE("a pool is idle while nothing runs and nothing waits") {
  HandshakePool pool(1);
  CHECK(pool.idle());
  std::promise<void> gate;
  std::promise<void> started;
  pool.run(&pool, [&] {
    started.set_value();
    gate.get_future().wait();
  });
  CHECK_FALSE(pool.idle());
  started.get_future().wait();
  CHECK_FALSE(pool.idle());
  pool.run(&pool, [] {});
  gate.set_value();
  while (!pool.idle()) {
    std::this_thread::yield();
  }
}

TEST_CASE("slow tasks have threads of their own, started as they come, and hold up no quick one") {
  HandshakePool pool(1);
  CHECK(pool.threads(HandshakePool::Pace::slow) == 0);
  std::mutex mutex;
  std::condition_variable changed;
  bool gate = false;
  std::size_t running = 0;
  std::size_t done = 0;
  const auto slow = [&] {
    std::unique_lock lock(mutex);
    ++running;
    changed.notify_all();
    changed.wait(lock, [&] { return gate; });
    ++done;
    changed.notify_all();
  };
  constexpr std::size_t most = HandshakePool::most_slow_threads;
  constexpr std::size_t of_one = HandshakePool::most_slow_of_queue;
  constexpr std::size_t tasks = 2 * (most + 10);
  const char agent = 0;
  const char other = 0;
  for (std::size_t i = 0; i < tasks / 2; ++i) {
    pool.run(&agent, slow, HandshakePool::Pace::slow);
    CHECK(pool.threads(HandshakePool::Pace::slow) == std::min(i + 1, most));
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == of_one; });
  }
  // Whoever comes behind one who does not answer has threads all the same.
  for (std::size_t i = 0; i < tasks / 2; ++i) {
    pool.run(&other, slow, HandshakePool::Pace::slow);
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == most; });
  }
  CHECK_FALSE(pool.idle());
  CHECK(pool.threads() == 1);
  CHECK(pool.threads(HandshakePool::Pace::slow) == most);
  std::promise<void> quick;
  pool.run(&agent, [&] { quick.set_value(); });  // of the same queue, even
  quick.get_future().wait();                     // for ever, if it waited for a slow one
  std::unique_lock lock(mutex);
  CHECK(done == 0);
  gate = true;
  changed.notify_all();
  changed.wait(lock, [&] { return done == tasks; });
  CHECK(running == tasks);
}

TEST_CASE("a slow task that comes when a thread is free starts no other") {
  HandshakePool pool(1);
  for (int i = 0; i < 20; ++i) {
    std::promise<void> done;
    pool.run(
        &pool, [&] { done.set_value(); }, HandshakePool::Pace::slow);
    done.get_future().wait();
    while (!pool.idle()) {  // until the thread is, too
      std::this_thread::yield();
    }
  }
  CHECK(pool.threads(HandshakePool::Pace::slow) == 1);
}
