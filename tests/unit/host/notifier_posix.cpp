#include <cstdlib>

#include <doctest/doctest.h>

#include "../../support/notify_socket_posix.hpp"
#include "persona/host/notifier.hpp"

using persona::Milliseconds;
using persona::host::Notifier;
using support::NotifySocket;

namespace {

/// Of a Notifier that is made with these two in the environment.
std::optional<Milliseconds> watchdog_with(const char* microseconds, const std::string& process) {
  const NotifySocket systemd;
  setenv("WATCHDOG_USEC", microseconds, 1);
  if (!process.empty()) {
    setenv("WATCHDOG_PID", process.c_str(), 1);
  }
  return Notifier().watchdog();
}

}  // namespace

TEST_CASE(
    "systemd hears what it is told, at a path and in the abstract namespace, and no child inherits it") {
  for (const auto kind : {NotifySocket::Kind::path, NotifySocket::Kind::abstract}) {
    const NotifySocket systemd(kind);
    const std::string address = getenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "3000000", 1);
    const Notifier notifier;
    for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
      CHECK(getenv(variable) == nullptr);
    }
    CHECK(notifier.is_heard());
    CHECK(notifier.problem().empty());
    CHECK(notifier.send("READY=1\nSTATUS=fine"));
    CHECK(systemd.received() == "READY=1\nSTATUS=fine");
    CHECK(notifier.hand_over_to(17));
    CHECK(systemd.received() == "MAINPID=17");
    CHECK(systemd.received().empty());
    const std::vector<std::pair<std::string, std::string>> expected = {{"NOTIFY_SOCKET", address},
                                                                       {"WATCHDOG_USEC", "3000000"}};
    CHECK(notifier.for_successor() == expected);
  }
}

TEST_CASE("nobody listens, or at no address that can be") {
  unsetenv("NOTIFY_SOCKET");
  const Notifier alone;
  CHECK(!alone.is_heard());
  CHECK(alone.problem().empty());
  CHECK(!alone.send("READY=1"));
  CHECK(alone.for_successor().empty());
  for (const std::string& bad : {std::string("run/notify"), std::string("/"), std::string("@"),
                                 std::string("vsock:2:1"), '/' + std::string(107, 'x')}) {
    CAPTURE(bad);
    setenv("NOTIFY_SOCKET", bad.c_str(), 1);
    const Notifier notifier;
    CHECK(!notifier.is_heard());
    CHECK(notifier.problem().find("systemd is told nothing") != std::string::npos);
    CHECK(getenv("NOTIFY_SOCKET") == nullptr);
  }
  setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
  const Notifier gone;
  CHECK(gone.is_heard());
  CHECK(!gone.send("READY=1"));
}

TEST_CASE("a socket that nobody reads does not keep us waiting") {
  const NotifySocket systemd;
  const Notifier notifier;
  int taken = 0;
  while (notifier.send("STATUS=again")) {
    REQUIRE(++taken < 100'000);
  }
  CHECK(taken > 0);
  CHECK(systemd.received() == "STATUS=again");
  CHECK(notifier.send("READY=1"));  // there is room again
}

TEST_CASE("the watchdog is for the process that it names, and has a time") {
  const std::string us = std::to_string(getpid());
  CHECK(watchdog_with("30000000", us) == Milliseconds(30'000));
  CHECK(watchdog_with("30000000", "") == Milliseconds(30'000));
  CHECK(!watchdog_with("30000000", "1"));
  CHECK(!watchdog_with("30000000", us + "x"));
  for (const char* none : {"", "0", "-1", "1s", "18446744073709551615", "18446744073709551616"}) {
    CAPTURE(none);
    CHECK(!watchdog_with(none, us));
  }
}
