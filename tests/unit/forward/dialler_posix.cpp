#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "dialling.hpp"

using namespace persona;
using namespace persona::forward;
using namespace persona::forward::test;

namespace {

/// An address of loopback that does not answer: it listens, and its backlog is full.
class BlackHole {
 public:
  BlackHole() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(listen(listener_, 0) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = std::to_string(ntohs(address.sin_port));
    for (int& each : fillers_) {
      each = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(connect(each, reinterpret_cast<const sockaddr*>(&address), length));
    }
  }
  ~BlackHole() {
    for (const int each : fillers_) {
      close(each);
    }
    close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  std::string port;

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::array<int, 8> fillers_{};
};

}  // namespace

TEST_CASE("an address that does not answer leaves the others of the name their share of the time") {
  const BlackHole hole;
  Dialling dialling({"db:" + hole.port}, {Milliseconds(300)});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + hole.port);
  dialling.gate->answer("db", addresses({"127.0.0.1", "127.0.0.2"}));
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.dialler->target() == "127.0.0.2:" + hole.port);
  CHECK(dialling.failed.empty());
}

TEST_CASE("an address that does not answer is a timeout, in words, and the next target is dialled") {
  const BlackHole hole;
  Dialling dialling({"127.0.0.1:" + hole.port, "127.0.0.2:" + hole.port}, {Milliseconds(100)});
  const Listening gateway(*dialling.loop, "127.0.0.2:" + hole.port);
  dialling.start();
  REQUIRE(dialling.stream);
  CHECK(dialling.failed == std::vector<std::string>{"cannot connect to 127.0.0.1:" + hole.port +
                                                    ": no answer within timeouts.connect (100ms)"});
}
