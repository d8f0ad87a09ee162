#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "persona/net/inherited_sockets.hpp"
#include "persona/net/listener.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::Folder;
using persona::net::test::TestLoop;

namespace {

Endpoint as_pg() {
  return *Endpoint::parse_to_listen("systemd:pg");
}

InheritedSocket examined(int descriptor) {
  return examine(Socket(descriptor), as_pg());
}

int listening_tcp() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(::listen(descriptor, 1) == 0);  // at 0.0.0.0 and a port of the kernel's choice
  return descriptor;
}

}  // namespace

TEST_CASE("a listening socket is told by where it is, does not block, and is not inherited further") {
  const InheritedSocket given = examined(listening_tcp());
  CHECK(given.fault.empty());
  CHECK(given.local.host == "0.0.0.0");
  CHECK(given.local.port != 0);
  CHECK((fcntl(given.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(given.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("what does not listen, is no stream socket, no socket, or not open is told") {
  CHECK(examined(::socket(AF_INET, SOCK_STREAM, 0)).fault.find("does not listen") != std::string::npos);
  CHECK(examined(::socket(AF_INET, SOCK_DGRAM, 0)).fault.find("not one of TCP") != std::string::npos);
  CHECK(examined(::open("/dev/null", O_RDONLY)).fault.find("no socket") != std::string::npos);
  const int closed = ::open("/dev/null", O_RDONLY);
  close(closed);
  CHECK(examined(closed).fault.find("not open") != std::string::npos);
}

TEST_CASE("an abstract Unix socket has a name all the same") {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "persona-test-" + std::to_string(getpid());
  name.copy(address.sun_path + 1, name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(descriptor, 1) == 0);
  CHECK(examined(descriptor).local.to_string() == "unix:@" + name);
}

TEST_CASE("a listener takes what was passed, and leaves the file of a Unix socket when it closes") {
  const Folder folder;
  TestLoop loop;
  const std::string path = (folder.path() / "pg.sock").string();
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(descriptor, 1) == 0);
  loop->inherited().add(examined(descriptor));
  loop->inherited().add(examined(listening_tcp()));
  {
    const auto listeners = Listener::bind_all(*loop, as_pg());
    REQUIRE(listeners);
    REQUIRE(listeners->size() == 2);
    CHECK(listeners->front()->local().to_string() == "unix:" + path);
    CHECK(listeners->back()->local().host == "0.0.0.0");
  }
  CHECK(access(path.c_str(), F_OK) == 0);
  const auto none = Listener::bind_all(*loop, as_pg());
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::configuration);
}

TEST_CASE("the variables are taken out of the environment, whomever they are for") {
  REQUIRE(setenv("LISTEN_PID", "1", 1) == 0);
  REQUIRE(setenv("LISTEN_FDS", "1", 1) == 0);
  REQUIRE(setenv("LISTEN_FDNAMES", "pg", 1) == 0);
  auto sockets = InheritedSockets::from_systemd();
  REQUIRE(sockets);
  CHECK(sockets->close_unused().empty());
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    CHECK(getenv(name) == nullptr);
  }
}
