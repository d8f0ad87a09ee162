#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "persona/net/users.hpp"

using namespace persona;
using namespace persona::net;

TEST_CASE("a user is found by name, and digits are an id") {
  CHECK(find_user("root").value() == 0);
  CHECK(find_user("0").value() == 0);
  CHECK(find_user("4294967294").value() == 4294967294U);
  const auto nobody = find_user("no-such-user\x1b");
  REQUIRE(!nobody);
  CHECK(nobody.error().kind == ErrorKind::configuration);
  CHECK(
      nobody.error().message ==
      "there is no user \"no-such-user\\u001b\" on this machine; use a name that \"getent passwd\" lists, or "
      "a number");
}

TEST_CASE("a user is told by name and id") {
  CHECK(user_in_words(0) == "root (uid 0)");
  CHECK(user_in_words(4'000'000'123U) == "uid 4000000123");
}

TEST_CASE("a group is found and told in the same way") {
  CHECK(find_group("root").value() == 0);
  CHECK(find_group("4294967294").value() == 4294967294U);
  const auto missing = find_group("no-such-group");
  REQUIRE(!missing);
  CHECK(missing.error().kind == ErrorKind::configuration);
  CHECK(missing.error().message ==
        "there is no group \"no-such-group\" on this machine; use a name that \"getent group\" lists, or a "
        "number");
  CHECK(group_in_words(0) == "root (gid 0)");
  CHECK(group_in_words(4'000'000'123U) == "gid 4000000123");
  CHECK(group_name(0) == "root");
  CHECK(group_name(4'000'000'123U) == "4000000123");
  CHECK(user_name(0) == "root");
  CHECK(user_name(4'000'000'123U) == "4000000123");
}

TEST_CASE("the system tells who is at the other end of a socket") {
  int ends[2] = {-1, -1};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const Socket one(ends[0]);
  const Socket other(ends[1]);
  CHECK(peer_user(one).value() == geteuid());
  CHECK(!peer_user(Socket()));
}

TEST_CASE("a TCP socket has no user") {
  const Socket tcp(socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(tcp.valid());
  CHECK(!peer_user(tcp));
}
