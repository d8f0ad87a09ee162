#include <cstdlib>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "../../support/notify_socket_posix.hpp"
#include "../net/support.hpp"
#include "cli/notices.hpp"
#include "persona/host/notifier.hpp"
#include "persona/net/roll_call.hpp"

using namespace persona;
using persona::cli::Notices;
using persona::net::test::TestLoop;

namespace {

/// The environment of a service with a watchdog.
struct WithWatchdog {
  explicit WithWatchdog(const char* microseconds) { setenv("WATCHDOG_USEC", microseconds, 1); }
};

/// A process with two loops, of which the second has a thread.
struct Watched {
  explicit Watched(const char* watchdog = "0") : variable(watchdog) {
    loop = std::thread([this] { other->run(); });
  }
  ~Watched() {
    notices.reset();
    other->post([this] { other->finish(); });
    loop.join();
  }

  void begin() {
    notices.emplace(notifier, *main,
                    cli::Vitals{[this] { return status; },
                                [this](auto all_here) {
                                  net::roll_call(*main, {&*main, &*other}, all_here);
                                }});
  }

  /// The next datagram; runs the main loop until there is one.
  std::string next() {
    for (;;) {
      if (std::string received = systemd.received(); !received.empty()) {
        return received;
      }
      uv_run(main->uv(), UV_RUN_ONCE);
    }
  }

  support::NotifySocket systemd;
  WithWatchdog variable;
  host::Notifier notifier;
  TestLoop main;
  TestLoop other;
  std::thread loop;
  std::string status = "1 service";
  std::optional<Notices> notices;
};

}  // namespace

TEST_CASE("systemd is told of the beginning, reloads and the end, in order") {
  Watched process;
  process.begin();
  CHECK(process.next() == "READY=1\nSTATUS=1 service");

  const std::uint64_t before = host::monotonic_microseconds();
  process.notices->reloading();
  const std::string reloading = process.next();
  constexpr std::string_view beginning = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(reloading.starts_with(beginning));
  const std::uint64_t told = std::stoull(reloading.substr(beginning.size()));
  CHECK(told >= before);
  CHECK(told <= host::monotonic_microseconds());
  CHECK(reloading.ends_with("\nSTATUS=reloading"));
  process.notices->reloaded("");
  CHECK(process.next() == "READY=1\nSTATUS=reloaded; 1 service");

  process.notices->reloading();
  process.notices
      ->reloading();  // asked again before the first one was done: both count, one READY=1 ends both
  CHECK(process.next().starts_with(beginning));
  CHECK(process.next().starts_with(beginning));
  process.notices->reloaded("pg.yaml:1:1:\nno such key");
  CHECK(process.systemd.received().empty());
  process.notices->reloaded("pg.yaml:1:1:\nno such key");
  CHECK(process.next() == "READY=1\nSTATUS=the reload is refused: pg.yaml:1:1:\\nno such key; 1 service");

  process.status = "draining";
  process.notices->reloading();
  CHECK(process.next().starts_with(beginning));
  process.notices->draining();
  CHECK(process.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000\nSTATUS=draining");
  process.notices->reloaded("");  // it is not ready again
  process.notices->reloading();
  process.notices->draining();
  CHECK(process.systemd.received().empty());
}

TEST_CASE("the watchdog is fed only while every loop does what it is asked") {
  Watched process("20000");  // microseconds: every 10 ms
  process.begin();
  CHECK(process.next().starts_with("READY=1"));
  CHECK(process.next() == "WATCHDOG=1");
  CHECK(process.next() == "WATCHDOG=1");

  std::promise<void> hangs;
  std::promise<void> goes_on;
  process.other->post([&] {
    hangs.set_value();
    goes_on.get_future().wait();
  });
  hangs.get_future().wait();
  // What was answered before it hung may still be told; then the main loop goes on, and there is nothing.
  for (int beats = 0; beats < 10; ++beats) {
    bool is_due = false;
    const auto timer = net::Timer::create(*process.main, nullptr);
    timer->start(Milliseconds(10), [&] { is_due = true; });
    while (!is_due) {
      uv_run(process.main->uv(), UV_RUN_ONCE);
    }
    if (beats < 1) {
      while (!process.systemd.received().empty()) {
      }
    }
  }
  CHECK(process.systemd.received().empty());
  goes_on.set_value();
  CHECK(process.next() == "WATCHDOG=1");
  CHECK(process.next() == "WATCHDOG=1");
}

TEST_CASE("what systemd must know is told once it listens again") {
  Watched process;
  int filled = 0;
  while (process.notifier.send("STATUS=nobody reads this")) {
    ++filled;
  }
  process.begin();
  process.notices->reloading();
  process.notices->reloaded("");
  for (int i = 0; i < filled; ++i) {
    CHECK(process.systemd.received() == "STATUS=nobody reads this");
  }
  CHECK(process.systemd.received().empty());
  CHECK(process.next() == "READY=1\nSTATUS=1 service");
  CHECK(process.next().starts_with("RELOADING=1"));
  CHECK(process.next() == "READY=1\nSTATUS=reloaded; 1 service");
}
