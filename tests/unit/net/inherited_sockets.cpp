#include "persona/net/inherited_sockets.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::net;

namespace {

using NameList = std::vector<std::string>;

constexpr long own_pid = 4711;

Result<NameList> names_with(std::optional<std::string> count, std::optional<std::string> names,
                            std::optional<std::string> pid = "4711") {
  return names_of_passed({std::move(pid), std::move(count), std::move(names)}, own_pid);
}

InheritedSocket of_systemd(const std::string& name, std::string fault = "") {
  return {Socket(), *Endpoint::parse_to_listen("systemd:" + name), {}, std::move(fault)};
}

}  // namespace

TEST_CASE("systemd's variables name each descriptor") {
  CHECK(names_with("2", "pg:web").value() == NameList{"pg", "web"});
  CHECK(names_with("3", "pg:pg:").value() == NameList{"pg", "pg", ""});
  CHECK(names_with("2", std::nullopt).value() == NameList{"unknown", "unknown"});
  CHECK(names_with("0", "").value().empty());
}

TEST_CASE("variables for another process, or none, pass nothing") {
  CHECK(names_with("2", "pg:web", "1").value().empty());
  CHECK(names_with("2", "pg:web", "4711x").value().empty());
  CHECK(names_with("2", "pg:web", "").value().empty());
  CHECK(names_with("2", "pg:web", std::nullopt).value().empty());
  CHECK(names_with("x", "pg:web", "1").value().empty());
  CHECK(names_with(std::nullopt, "pg:web").value().empty());
}

TEST_CASE("variables that systemd would not write are an error that says what to do") {
  for (const char* count : {"", "x", "1x", "-1", "1025", "99999999999999999999", " 1"}) {
    CAPTURE(count);
    const auto names = names_with(count, std::nullopt);
    REQUIRE_FALSE(names);
    CHECK(names.error().kind == ErrorKind::configuration);
    CHECK(names.error().message ==
          "the environment has LISTEN_FDS=\"" + std::string(count) +
              "\", which is no number from 0 to 1024; unset LISTEN_FDS if it was not "
              "systemd that set it");
  }
  const auto names = names_with("2", "pg");
  REQUIRE_FALSE(names);
  CHECK(names.error().message ==
        "the environment has 1 names in LISTEN_FDNAMES for LISTEN_FDS=2 descriptors; unset LISTEN_FDS if it "
        "was "
        "not systemd that set it");
}

TEST_CASE("all sockets of a name are taken, once; what is left is closed and told") {
  InheritedSockets sockets;
  for (const char* name : {"pg", "web", "pg", "web", "admin"}) {
    sockets.add(of_systemd(name));
  }
  CHECK(sockets.take_of_systemd("pg").value().size() == 2);
  const auto again = sockets.take_of_systemd("pg");
  REQUIRE_FALSE(again);
  CHECK(again.error().message ==
        "systemd:pg: systemd has passed no socket of this name; there is web, admin: look at "
        "FileDescriptorName= "
        "in the .socket unit, and whether that is started");
  CHECK(
      sockets.close_unused() ==
      NameList{"systemd has passed a socket as \"admin\", and no `listen` names that: closed; write listen: "
               "systemd:admin to use it",
               "systemd has passed 2 sockets as \"web\", and no `listen` names that: closed; write listen: "
               "systemd:web to use it"});
  CHECK(sockets.close_unused().empty());
  CHECK(sockets.take_of_systemd("web").error().message ==
        "systemd:web: systemd has passed no socket of this name; none is left: look at FileDescriptorName= "
        "in the "
        ".socket unit, and whether that is started");
}

TEST_CASE("an unfit one among those of a name is an error") {
  InheritedSockets sockets;
  sockets.add(of_systemd("pg"));
  sockets.add(of_systemd("pg", "it is a hamster"));
  CHECK(sockets.take_of_systemd("pg").error().message == "systemd:pg: it is a hamster");
}
