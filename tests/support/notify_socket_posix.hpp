// A socket as systemd gives one to a service that it wants to hear of.
#pragma once

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

namespace support {

/// While it exists, the environment names it.
class NotifySocket {
 public:
  enum class Kind { path, abstract };

  explicit NotifySocket(Kind kind = Kind::path) {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket_ >= 0);
    const std::string path = (folder_.path() / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() + 1 < sizeof address.sun_path);
    const std::size_t shift = kind == Kind::abstract ? 1 : 0;
    memcpy(address.sun_path + shift, path.data(), path.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    setenv("NOTIFY_SOCKET", ((kind == Kind::abstract ? "@" : "") + path).c_str(), 1);
  }
  ~NotifySocket() {
    close(socket_);
    unsetenv("NOTIFY_SOCKET");
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// The next datagram, if there is one by now; else empty.
  std::string received() const {
    char text[4096];
    const ssize_t count = recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return count > 0 ? std::string(text, static_cast<std::size_t>(count)) : "";
  }

 private:
  TemporaryFolder folder_;
  int socket_ = -1;
};

}  // namespace support
