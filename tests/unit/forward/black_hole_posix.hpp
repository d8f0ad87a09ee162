// An address of loopback that does not answer. POSIX only.
#pragma once

#include <array>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace persona::forward::test {

/// It listens, and its backlog is full.
class BlackHole {
 public:
  /// 127.0.0.`last`; port 0: the kernel's choice.
  explicit BlackHole(std::uint8_t last = 1, const std::string& wanted = "0") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffU) | last);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(wanted)));
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

  /// From now on it accepts: also who is trying already, when the kernel repeats its SYN.
  void open() { REQUIRE(listen(listener_, 128) == 0); }

  std::string port;

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::array<int, 8> fillers_{};
};

}  // namespace persona::forward::test
