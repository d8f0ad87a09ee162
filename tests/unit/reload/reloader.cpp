#include "persona/reload/reloader.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

#include <doctest/doctest.h>

#include "../forward/material.hpp"
#include "../net/support.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::reload;
using namespace persona::forward::test;

namespace {

constexpr const char* told_refusal = "but they are refused";

/// A service whose files are what a test says; they need not exist.
struct Scene {
  net::test::TestLoop loop;
  HandshakePool pool{1};
  net::Resolver resolver;
  Lines lines;
  std::shared_ptr<Service> service;
  std::function<Loaded()> load;
  std::atomic<int> loads = 0;
  int applied = 0;
  int listened = 0;
  Result<bool> can_listen = true;
  std::unique_ptr<Reloader> reloader;

  explicit Scene(Material first = material("a")) : service(make_service(std::move(first), lines)) {
    load = [] { return good("a"); };
    reloader = std::make_unique<Reloader>(
        *loop, pool, resolver, service,
        [this] {
          ++loads;
          return load();
        },
        std::vector<std::filesystem::path>{"nowhere"},
        [this](const forward::ListenPlan&) {
          ++listened;
          return can_listen;
        },
        [this] { ++applied; });
  }
  ~Scene() { reloader.reset(); }

  static Loaded good(const std::string& digest) {
    Loaded loaded;
    loaded.material = material(digest);
    loaded.digest = digest;
    loaded.files = {"nowhere"};
    return loaded;
  }
  static Loaded bad(const std::string& error) {
    Loaded loaded;
    loaded.errors = {error};
    loaded.digest = error;
    return loaded;
  }

  /// Runs the loop until so.
  void until(const std::function<bool()>& so) {
    bool over = false;
    const auto timer = net::Timer::create(*loop, nullptr);
    timer->start(Milliseconds(20'000), [&over] { over = true; });
    while (!so()) {
      REQUIRE(!over);
      uv_run(loop->uv(), UV_RUN_ONCE);
    }
  }

  /// Runs until the log has so many lines with these words.
  void until_told(std::string_view words, std::size_t count = 1) {
    until([&] { return lines.count(words) >= count; });
  }

  void reload() {
    const std::size_t before = lines.all().size();
    reloader->reload();
    until([&] { return lines.all().size() > before; });
  }
};

}  // namespace

TEST_CASE("another address is listened on before the rest is used, and where that fails nothing is") {
  Scene scene;
  const auto before = scene.service->current();
  scene.load = [] {
    Loaded loaded = Scene::good("b");
    loaded.material->config.listen.push_back({*Endpoint::parse("127.0.0.1:0"), {}});
    return loaded;
  };
  scene.can_listen = fail(ErrorKind::configuration, "another program listens there");
  scene.reload();
  scene.until_told(told_refusal);
  CHECK(scene.listened == 1);
  CHECK(scene.applied == 0);
  CHECK(scene.service->current() == before);
  CHECK(scene.service->reload_status().last_error == "another program listens there");

  scene.can_listen = true;
  scene.reload();
  scene.until([&] { return scene.applied == 1; });
  CHECK(scene.listened == 2);
  CHECK(scene.service->current()->config().listen.size() == before->config().listen.size() + 1);
  scene.reload();
  scene.until([&] { return scene.applied == 2; });
  CHECK(scene.listened == 2);  // they are the same now
}

TEST_CASE(
    "when it is not the time to listen elsewhere, all is tried again soon, and who asked is answered then") {
  Scene scene;
  scene.load = [] {
    Loaded loaded = Scene::good("b");
    loaded.material->config.listen.push_back({*Endpoint::parse("127.0.0.1:0"), {}});
    return loaded;
  };
  scene.can_listen = false;
  std::vector<std::string> answers;
  scene.reloader->reload([&](const std::string& refusal) { answers.push_back(refusal); });
  scene.until([&] { return scene.listened == 2; });
  CHECK(scene.applied == 0);
  CHECK(scene.service->reload_status().last_error.empty());
  CHECK(answers.empty());
  scene.can_listen = true;
  scene.until([&] { return scene.applied == 1; });
  CHECK(answers == std::vector<std::string>{""});
  CHECK(scene.lines.count("reloaded") == 1);
}

TEST_CASE("at the start, what is on disk is what was loaded: nothing happens") {
  Scene scene;
  const auto before = scene.service->current();
  scene.reloader->start();
  scene.until([&] { return scene.loads == 1; });
  scene.reloader->reload();  // waits for the look before it
  scene.until_told("reloaded");
  CHECK(scene.lines.count("reloaded") == 1);
  CHECK(scene.loads == 2);
}

TEST_CASE("at the start, what has changed since it was loaded is used") {
  Scene scene;
  scene.load = [] { return Scene::good("b"); };
  scene.reloader->start();
  scene.until_told("reloaded");
  CHECK(scene.lines.count("cause=start changed=true") == 1);
  CHECK(scene.service->current()->digest() == "b");
}

TEST_CASE("a reload replaces the generation and says what is in use") {
  Scene scene;
  const auto before = scene.service->current();
  scene.load = [] {
    auto loaded = Scene::good("b");
    loaded.warnings = {"the key is readable by others"};
    loaded.material->config.log.level = log::Level::debug;
    return loaded;
  };
  scene.reload();
  CHECK(scene.lines.count("reloaded certificate=\"CN=client\"") == 1);
  CHECK(scene.lines.count("warn  db: the key is readable by others") == 1);
  CHECK(scene.service->current() != before);
  CHECK(scene.service->current()->tls() != before->tls());
  CHECK(scene.service->logger().enabled(log::Level::debug));
  CHECK(scene.applied == 1);
  const ReloadStatus status = scene.service->reload_status();
  CHECK(status.last_successful);
  CHECK(!status.newer_on_disk);
  CHECK(x509::now() - status.last_success < std::chrono::minutes(1));
}

TEST_CASE("SIGHUP without a change keeps the TLS context, and what a reload can change is used") {
  Scene scene;
  const auto before = scene.service->current();
  scene.load = [] {
    auto loaded = Scene::good("a");
    loaded.material->config.limits.connections = 7;
    return loaded;
  };
  scene.reload();
  CHECK(scene.lines.count("changed=false") == 1);
  CHECK(scene.service->current()->tls() == before->tls());
  CHECK(scene.service->current()->config().limits.connections == 7);
}

TEST_CASE("what is refused leaves everything as it was, and SIGHUP says so every time") {
  Scene scene;
  const auto before = scene.service->current();
  scene.load = [] { return Scene::bad("pg.yaml:7:1: the key does not match"); };
  scene.reload();
  scene.until_told(told_refusal);
  CHECK(scene.lines.count("error db: pg.yaml:7:1: the key does not match") == 1);
  CHECK(scene.service->current() == before);
  CHECK(scene.applied == 0);
  const ReloadStatus status = scene.service->reload_status();
  CHECK(!status.last_successful);
  CHECK(status.newer_on_disk);
  CHECK(status.last_error == "pg.yaml:7:1: the key does not match");
  scene.reloader->reload();
  scene.until_told(told_refusal, 2);
  scene.load = [] { return Scene::good("b"); };
  scene.reload();
  CHECK(scene.service->reload_status().last_successful);
  CHECK(scene.service->reload_status().last_error.empty());
}

TEST_CASE("the same files that are refused are not newer: a certificate has expired, say") {
  Scene scene;
  scene.load = [] {
    auto loaded = Scene::bad("expired");
    loaded.digest = "a";
    return loaded;
  };
  scene.reload();
  scene.until_told("the reload is refused: what is in use stays");
  CHECK(!scene.service->reload_status().newer_on_disk);
}

TEST_CASE("what throws is refused") {
  Scene scene;
  scene.load = []() -> Loaded { throw std::runtime_error("out of words"); };
  scene.reload();
  CHECK(scene.lines.count("out of words") > 0);
  CHECK(!scene.service->reload_status().last_successful);
}

TEST_CASE("files that change while they are read are read again, and never used") {
  Scene scene;
  scene.load = [&scene] {
    auto loaded = Scene::good("b");
    if (scene.loads < 3) {
      loaded.digest.clear();
    }
    return loaded;
  };
  scene.reload();
  CHECK(scene.loads == 3);
  CHECK(scene.lines.count("changed=true") == 1);
}

TEST_CASE("files that keep changing are left alone for a while, then SIGHUP is answered") {
  Scene scene;
  scene.load = [&scene] {
    auto loaded = Scene::good("b");
    if (scene.loads <= 5) {
      loaded.digest.clear();
    }
    return loaded;
  };
  scene.reload();
  CHECK(scene.loads == 6);
  CHECK(scene.lines.all().size() == 1);
  CHECK(scene.lines.count("cause=asked") == 1);
}

TEST_CASE("one load at a time: what is asked meanwhile is one more") {
  Scene scene;
  std::promise<void> started;
  std::promise<void> may_end;
  scene.load = [&] {
    if (scene.loads == 1) {
      started.set_value();
      may_end.get_future().wait();
    }
    return Scene::good("b");
  };
  scene.reloader->reload();
  started.get_future().wait();
  scene.reloader->reload();
  scene.reloader->reload();
  CHECK(scene.loads == 1);
  may_end.set_value();
  scene.until_told("reloaded", 2);
  CHECK(scene.loads == 2);
}

TEST_CASE("a reloader that is let go during a load is not called back") {
  Scene scene;
  std::promise<void> started;
  std::promise<void> may_end;
  scene.load = [&] {
    started.set_value();
    may_end.get_future().wait();
    return Scene::good("b");
  };
  const auto before = scene.service->current();
  scene.reloader->reload();
  started.get_future().wait();
  scene.reloader.reset();
  may_end.set_value();
  scene.loop->finish();
  scene.loop->run();
  CHECK(scene.service->current() == before);
}

TEST_CASE("the other mode is refused") {
  Scene scene;
  scene.load = [] {
    auto loaded = Scene::good("b");
    loaded.material->config.mode = config::Mode::gateway;
    loaded.material->config.service = {*Endpoint::parse("127.0.0.1:1"), {}};
    return loaded;
  };
  scene.reload();
  CHECK(scene.lines.count("restart persona to use it") > 0);
  CHECK(scene.service->current()->digest() == "a");
}

TEST_CASE("keys that need a restart are named, the rest is used") {
  Scene scene;
  scene.load = [] {
    auto loaded = Scene::good("b");
    loaded.material->config.threads = 3;
    return loaded;
  };
  scene.reload();
  scene.until_told("threads changed: restart persona to use it");
  CHECK(scene.service->current()->digest() == "b");
  CHECK(scene.service->current()->config().threads == 0);
  CHECK(scene.service->reload_status().restart_needed == std::vector<std::string>{"threads"});
}

TEST_CASE("a refusal is told once while it is the same, also when it is tried at every interval") {
  auto watched = material("a");
  watched.config.reload.watch = true;
  watched.config.reload.interval = Milliseconds(10);
  Scene scene(std::move(watched));
  std::atomic<int> kind = 1;
  scene.load = [&kind] {
    if (kind == 3) {
      auto loaded = Scene::good("b");
      loaded.material->config.reload.interval = Milliseconds(10);
      return loaded;
    }
    return Scene::bad(kind == 1 ? "first" : "second");
  };
  scene.reload();
  scene.until([&] { return scene.loads >= 5; });
  CHECK(scene.lines.count("error db: first") == 1);
  kind = 2;
  scene.until_told("error db: second");
  const int before = scene.loads;
  scene.until([&] { return scene.loads >= before + 5; });
  CHECK(scene.lines.count("error db: second") == 1);
  CHECK(scene.lines.count(told_refusal) == 2);
  kind = 3;
  scene.until_told("reloaded");
}

TEST_CASE("while nothing changes, nothing is loaded") {
  auto watched = material("a");
  watched.config.reload.watch = true;
  watched.config.reload.interval = Milliseconds(1);
  Scene scene(std::move(watched));
  scene.load = [] {
    auto loaded = Scene::good("a");
    loaded.material->config.reload.interval = Milliseconds(1);
    loaded.material->config.reload.watch = true;
    return loaded;
  };
  scene.reloader->start();
  int rounds = 0;
  const auto timer = net::Timer::create(*scene.loop, nullptr);
  const std::function<void()> tick = [&] {
    if (++rounds < 50) {
      timer->start(Milliseconds(2), tick);
    }
  };
  tick();
  scene.until([&] { return rounds >= 50; });
  CHECK(scene.loads == 1);
  CHECK(scene.lines.all().empty());
}

TEST_CASE("what is in no file is looked at every interval, and loaded when it has changed") {
  auto watched = material("a");
  watched.config.reload.watch = true;
  watched.config.reload.interval = Milliseconds(1);
  Scene scene(std::move(watched));
  std::atomic<char> stored = 'a';
  std::atomic<int> looks = 0;
  scene.load = [&] {
    const std::string now(1, stored.load());
    auto loaded = Scene::good(now);
    loaded.material->config.reload.interval = Milliseconds(1);
    loaded.material->config.reload.watch = true;
    loaded.elsewhere = {[&] {
                          ++looks;
                          return std::string(1, stored.load());
                        },
                        now};
    return loaded;
  };
  scene.reloader->start();
  scene.until([&] { return looks >= 5; });
  CHECK(scene.loads == 1);
  CHECK(scene.lines.all().empty());
  stored = 'b';
  scene.until_told("reloaded");
  CHECK(scene.service->current()->digest() == "b");
  CHECK(scene.loads == 2);
  const int before = looks;
  scene.until([&] { return looks >= before + 5; });
  CHECK(scene.loads == 2);
}

TEST_CASE("who asks for a reload is told its result, by a load that began after that") {
  Scene scene;
  std::vector<std::string> results;
  const auto note = [&results](const std::string& refusal) { results.push_back(refusal); };
  const auto until_answered = [&](std::size_t count) {
    scene.until([&] { return results.size() >= count; });
  };
  scene.reloader->reload(note);
  until_answered(1);
  CHECK(results.back().empty());
  scene.load = [] { return Scene::bad("broken"); };
  scene.reloader->reload(note);
  scene.reloader->reload(note);  // while the first one is under way
  scene.reloader->reload(note);
  until_answered(2);
  CHECK(results.back() == "broken");
  CHECK(results.size() == 2);
  until_answered(4);
  CHECK(scene.loads == 3);  // one load answers all who asked before it began
  CHECK(results == std::vector<std::string>{"", "broken", "broken", "broken"});
  scene.reloader->reload(note);
  scene.reloader.reset();
  CHECK(results.size() == 4);
}

TEST_CASE("who asks is answered, also when something else makes it look before it tries again") {
  Scene scene;
  scene.load = [] {
    auto loaded = Scene::good("b");
    loaded.digest.clear();  // the files changed while they were read
    return loaded;
  };
  std::vector<std::string> results;
  scene.reloader->reload([&results](const std::string& refusal) { results.push_back(refusal); });
  scene.until([&] {
    const int wait = uv_backend_timeout(scene.loop->uv());
    return scene.loads == 5 && wait > 0 && wait <= 250;  // it has given up for now, and waits
  });
  scene.load = [] { return Scene::good("b"); };
  scene.reloader->start();
  scene.until([&] { return !results.empty(); });
  CHECK(results == std::vector<std::string>{""});
  CHECK(scene.lines.count("cause=asked changed=true") == 1);
}
