#include "persona/net/resolver.hpp"

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

#include "gate.hpp"
#include "persona/net/timer.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::Gate;
using persona::net::test::TestLoop;

namespace {

using Answer = Resolver::Answer;

/// A look-up and what came of it.
struct Asked {
  std::optional<Answer> answer;
  std::function<void()> on_answer = [] {};
  HandlePtr<Lookup> lookup;

  std::string words() const {
    REQUIRE(answer);
    return *answer ? (*answer)->front().to_string() : answer->error().message;
  }
};

/// Two look-ups for each account, and a loop to ask on.
struct Scene {
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  Resolver resolver;
  TestLoop loop;

  explicit Scene(Milliseconds idle = Milliseconds(10'000)) : resolver(gate->options(2, idle)) {}
  ~Scene() { gate->open(); }

  std::unique_ptr<Asked> ask_on(Loop& where, const std::string& account, const std::string& host,
                                std::uint16_t port) {
    auto asked = std::make_unique<Asked>();
    asked->lookup = Lookup::start(where, resolver, account, host, port, nullptr,
                                  [asked = asked.get(), thread = std::this_thread::get_id()](Answer answer) {
                                    CHECK_FALSE(asked->answer);
                                    CHECK(std::this_thread::get_id() == thread);
                                    asked->answer = std::move(answer);
                                    asked->on_answer();
                                  });
    return asked;
  }

  std::unique_ptr<Asked> ask(const std::string& account, const std::string& host, std::uint16_t port = 1) {
    return ask_on(*loop, account, host, port);
  }

  static std::string timed_out(const Asked& asked) {
    return asked.lookup->timed_out("timeouts.connect", Milliseconds(10'000));
  }

  void until(const std::function<bool()>& so) {
    bool over = false;
    const auto timer = Timer::create(*loop, nullptr);
    timer->start(Milliseconds(20'000), [&over] { over = true; });
    while (!so()) {
      REQUIRE(!over);
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }

  /// Lets a name answer that `asked` waits for.
  void answer(const std::string& host, const Asked& asked) {
    gate->answer(host, "192.0.2.7");
    until([&] { return asked.answer.has_value(); });
  }
};

}  // namespace

TEST_CASE("all who wait for a name share one look-up, each on its loop and with its port") {
  Scene scene;
  std::vector<std::unique_ptr<Asked>> here;
  for (std::uint16_t port = 1; port <= 50; ++port) {
    here.push_back(scene.ask("one", "db", port));
  }
  scene.gate->wait_started("db", 1);
  TestLoop other;
  std::unique_ptr<Asked> there;
  other->post([&] {
    there = scene.ask_on(*other, "two", "db", 99);
    there->on_answer = [&] { other->finish(); };
    scene.gate->answer("db", "192.0.2.7");
  });
  std::thread([&] { other->run(); }).join();
  scene.until([&] { return here.back()->answer.has_value(); });
  for (std::uint16_t port = 1; port <= 50; ++port) {
    CHECK(here[port - 1U]->words() == "192.0.2.7:" + std::to_string(port));
  }
  CHECK(there->words() == "192.0.2.7:99");
  CHECK(scene.gate->started("db") == 1);
  CHECK(scene.resolver.threads() == 1);
}

TEST_CASE("an answer is not kept: who asks later asks anew, on a thread that is there already") {
  Scene scene;
  for (int count = 1; count <= 20; ++count) {
    const auto asked = scene.ask("one", "db");
    scene.answer("db", *asked);
    CHECK(scene.gate->started("db") == count);
  }
  CHECK(scene.resolver.threads() == 1);
}

TEST_CASE("a failure is told to all who wait, in its words") {
  Scene scene;
  const auto first = scene.ask("one", "db");
  const auto second = scene.ask("two", "db");
  scene.gate->answer("db", fail(ErrorKind::network, "cannot resolve db: unknown node or service"));
  scene.until([&] { return first->answer && second->answer; });
  CHECK(first->words() == "cannot resolve db: unknown node or service");
  CHECK(second->words() == first->words());
}

TEST_CASE("an account has so many look-ups under way, and no other waits for them") {
  Scene scene;
  const auto silent1 = scene.ask("silent", "silent1");
  const auto silent2 = scene.ask("silent", "silent2");
  const auto third = scene.ask("silent", "third");
  const auto fourth = scene.ask("silent", "fourth");
  const auto healthy = scene.ask("healthy", "healthy");
  scene.answer("healthy", *healthy);
  CHECK(scene.gate->started("third") == 0);
  CHECK(scene.timed_out(*silent1).find(
            "cannot resolve silent1 within timeouts.connect (10s): no name server has "
            "answered") == 0);
  CHECK(scene.timed_out(*third).find("(10s): it waits for 2 other names of this service") !=
        std::string::npos);
  scene.answer("silent1", *silent1);
  scene.answer("third", *third);  // in their order
  scene.gate->wait_started("fourth", 1);
  CHECK(scene.timed_out(*fourth).find("no name server has answered") != std::string::npos);
  scene.answer("fourth", *fourth);
  scene.answer("silent2", *silent2);
  CHECK(scene.resolver.threads() <= 3);
}

TEST_CASE("who joins the look-up of another account is not charged for it") {
  Scene scene;
  const auto theirs1 = scene.ask("they", "a");
  const auto theirs2 = scene.ask("they", "b");
  const auto ours1 = scene.ask("we", "a");
  const auto ours2 = scene.ask("we", "b");
  const auto ours3 = scene.ask("we", "c");
  const auto ours4 = scene.ask("we", "d");
  scene.gate->wait_started("c", 1);
  scene.gate->wait_started("d", 1);
  scene.answer("a", *ours1);
  CHECK(theirs1->answer);
}

TEST_CASE("what waits for its turn is served by the look-up that another account starts") {
  Scene scene;
  const auto silent1 = scene.ask("they", "a");
  const auto silent2 = scene.ask("they", "b");
  const auto theirs = scene.ask("they", "c");
  const auto later = scene.ask("they", "d");
  const auto ours = scene.ask("we", "c");
  scene.answer("c", *theirs);
  CHECK(ours->answer);
  scene.answer("a", *silent1);
  scene.answer("d", *later);  // the turn of "c" was passed over
  CHECK(scene.gate->started("c") == 1);
}

TEST_CASE("a look-up that all have left goes on, and who comes next joins it") {
  Scene scene;
  auto left = scene.ask("one", "db");
  scene.gate->wait_started("db", 1);
  left->lookup.reset();
  const auto next = scene.ask("one", "db");
  scene.answer("db", *next);
  CHECK_FALSE(left->answer);
  CHECK(scene.gate->started("db") == 1);
}

TEST_CASE("a name whose turn comes when nobody waits for it any more is not looked up") {
  Scene scene;
  const auto silent1 = scene.ask("one", "a");
  const auto silent2 = scene.ask("one", "b");
  const auto left = scene.ask("one", "c");
  const auto stays = scene.ask("one", "d");
  const auto elsewhere1 = scene.ask("two", "e");
  const auto elsewhere2 = scene.ask("two", "f");
  const auto of_two = scene.ask("two", "c");  // which must not take the turn of "one"
  left->lookup.reset();
  scene.answer("a", *silent1);
  scene.answer("d", *stays);
  CHECK(scene.gate->started("c") == 0);
  scene.answer("e", *elsewhere1);
  scene.answer("c", *of_two);
  CHECK_FALSE(left->answer);
}

TEST_CASE("letting go of another one from within the answer that both wait for calls nothing back") {
  Scene scene;
  const auto first = scene.ask("one", "db");
  const auto second = scene.ask("one", "db");
  first->on_answer = [&] {
    first->lookup.reset();
    second->lookup.reset();
  };
  scene.answer("db", *first);
  const auto later = scene.ask("one", "db");
  scene.answer("db", *later);
  CHECK_FALSE(second->answer);
}

TEST_CASE("the owner is told when a look-up is let go, under way or answered") {
  struct Owner final : HandleOwner {
    int closed = 0;
    void on_handles_closed() override { ++closed; }
  };
  Scene scene;
  Owner owner;
  bool answered = false;
  const auto start = [&] {
    return Lookup::start(*scene.loop, scene.resolver, "one", "db", 1, &owner,
                         [&answered](const Answer&) { answered = true; });
  };
  auto lookup = start();
  lookup.reset();
  CHECK(owner.closed == 1);
  lookup = start();
  scene.gate->answer("db", "192.0.2.7");
  scene.until([&] { return answered; });
  CHECK(owner.closed == 1);
  lookup.reset();
  CHECK(owner.closed == 2);
}

TEST_CASE("the end waits neither for a look-up under way nor for its thread") {
  const auto gate = std::make_shared<Gate>();
  bool called = false;
  {
    TestLoop loop;
    Resolver resolver(gate->options());
    auto lookup =
        Lookup::start(*loop, resolver, "one", "db", 1, nullptr, [&](const Answer&) { called = true; });
    gate->wait_started("db", 1);
    lookup.reset();
  }
  gate->open();
  CHECK_FALSE(called);
}

TEST_CASE("a thread that had nothing to do for a while ends, and another one is started when there is") {
  Scene scene(Milliseconds(1));
  for (int round = 0; round < 3; ++round) {
    const auto one = scene.ask("one", "a");
    const auto two = scene.ask("two", "b");
    scene.answer("a", *one);
    scene.answer("b", *two);
    scene.until([&] {
      std::this_thread::yield();
      scene.loop->post([] {});  // to be asked again
      return scene.resolver.threads() == 0;
    });
  }
}

TEST_CASE("what a look-up throws is its answer") {
  TestLoop loop;
  Resolver resolver({[](const std::string&) -> Answer { throw std::runtime_error("out of luck"); }});
  std::string words;
  auto lookup = Lookup::start(*loop, resolver, "one", "db", 1, nullptr, [&](const Answer& answer) {
    words = answer.error().message;
    loop->finish();
  });
  loop->run();
  CHECK(words == "cannot resolve db: out of luck");
  lookup.reset();
}

TEST_CASE("names that come and go in many threads at once are all answered") {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  Resolver resolver({[asked](const std::string&) -> Answer {
                       ++*asked;
                       return std::vector{*SocketAddress::from_numeric("192.0.2.7", 0)};
                     },
                     2, Milliseconds(1)});
  constexpr int loops = 3;
  constexpr int rounds = 300;
  std::atomic<int> answered = 0;
  const auto ask_and_ask = [&](int number) {
    TestLoop loop;
    for (int round = 0; round < rounds; ++round) {
      int waiting = 0;
      std::vector<HandlePtr<Lookup>> lookups;
      for (int name = 0; name < 5; ++name) {
        ++waiting;
        lookups.push_back(Lookup::start(*loop, resolver, "account" + std::to_string(number % 2),
                                        "name" + std::to_string((name + round) % 7), 1, nullptr,
                                        [&](const Answer& answer) {
                                          answered += answer ? 1 : 0;
                                          --waiting;
                                        }));
      }
      lookups.pop_back();
      --waiting;
      while (waiting > 0) {
        uv_run(loop->uv(), UV_RUN_ONCE);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < loops; ++number) {
    threads.emplace_back(ask_and_ask, number);
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(answered == loops * rounds * 4);
  CHECK(*asked <= loops * rounds * 5);
}

TEST_CASE("the system's resolver finds localhost") {
  TestLoop loop;
  Resolver resolver;
  bool found = false;
  auto lookup = Lookup::start(*loop, resolver, "one", "localhost", 5432, nullptr, [&](Answer addresses) {
    REQUIRE(addresses);
    CHECK(addresses->front().ip()->is_loopback());
    CHECK(addresses->front().port() == 5432);
    found = true;
    loop->finish();
  });
  loop->run();
  CHECK(found);
  lookup.reset();
}
