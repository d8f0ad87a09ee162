#include <cstring>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "persona/net/listener.hpp"
#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

namespace {

/// What a server that was killed leaves behind.
void leave_stale_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(descriptor >= 0);
  REQUIRE(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(close(descriptor) == 0);
}

}  // namespace

TEST_CASE("a Unix socket is bound, refused while served, and replaced when stale") {
  TestLoop loop;
  const test::Folder folder;
  const Endpoint endpoint = *Endpoint::parse("unix:" + (folder.path() / "s").string());
  {
    auto first = Listener::bind(*loop, endpoint);
    REQUIRE(first);
    CHECK_FALSE(Listener::bind(*loop, endpoint));
  }
  CHECK_FALSE(std::filesystem::exists(endpoint.path));
  leave_stale_socket(endpoint.path);
  REQUIRE(std::filesystem::exists(endpoint.path));
  CHECK(Listener::bind(*loop, endpoint));
}

TEST_CASE("a file that is no socket is never replaced") {
  TestLoop loop;
  const test::Folder folder;
  const auto file = folder.path() / "precious";
  std::ofstream(file) << "data";
  auto listener = Listener::bind(*loop, *Endpoint::parse("unix:" + file.string()));
  REQUIRE_FALSE(listener);
  CHECK(listener.error().message.find("the file exists and is not a socket") != std::string::npos);
  CHECK(std::filesystem::file_size(file) == 4);
}
