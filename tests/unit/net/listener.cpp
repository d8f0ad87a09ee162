#include "persona/net/listener.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace persona;
using namespace persona::net;
using persona::net::test::TestLoop;

TEST_CASE("the kernel chooses the port, and it is told") {
  TestLoop loop;
  auto listener = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(listener);
  CHECK((*listener)->local().host == "127.0.0.1");
  CHECK((*listener)->local().port != 0);
}

TEST_CASE("an address in use is an error with a sentence, never a silent share") {
  TestLoop loop;
  auto first = Listener::bind(*loop, *Endpoint::parse("127.0.0.1:0"));
  REQUIRE(first);
  const Endpoint taken = (*first)->local();
  auto second = Listener::bind(*loop, taken);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::configuration);
  CHECK(second.error().message ==
        "cannot listen on " + taken.to_string() + ": address already in use; another program listens there");
}

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
  test::leave_stale_socket(endpoint.path);
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
  CHECK(listener.error().message.find("the file exists and is no socket") != std::string::npos);
  CHECK(std::filesystem::file_size(file) == 4);
}
