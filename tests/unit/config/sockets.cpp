// `listen` as a map, and the mode and group of a Unix socket.
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "folder.hpp"

using namespace persona::config;
using namespace persona::config::test;

namespace {

const std::string to_gateway = "gateway: db.example.com:5433\n" + rest;

Config read_sockets(const std::string& listen, const std::string& more = "") {
  const Folder folder;
  const Loaded loaded = folder.parse("listen: " + listen + "\n" + to_gateway + more);
  CHECK(folder.with_short_paths(loaded.report.render()).empty());
  return loaded.config;
}

// clang-format off
const std::vector<Broken> broken_sockets = {
    {"modes that are none, or could be meant as another number",
     "listen:\n"
     "  - {address: \"unix:/run/a\", mode: 660}\n"
     "  - {address: \"unix:/run/b\", mode: \"0o660\"}\n"
     "  - {address: \"unix:/run/c\", mode: rw-rw----}\n"
     "  - {address: \"unix:/run/d\", mode: 04666}\n"
     "  - {address: \"unix:/run/e\", mode: \"1666\"}\n"
     "  - {address: \"unix:/run/f\", mode: 432}\n"
     "  - {address: \"unix:/run/g\", mode: 0668}\n"
     "  - {address: \"unix:/run/h\", mode: \"\"}\n"
     "  - {address: \"unix:/run/i\", mode: 0066}\n" + to_gateway,
     R"(
conf/pg.yaml:2:36: listen.mode: "660" could be octal or decimal; write "0660" if it is octal
  2 |   - {address: "unix:/run/a", mode: 660}
    |                                    ^~~
conf/pg.yaml:3:36: listen.mode: "0o660" could be octal or decimal; write "0660" if it is octal
  3 |   - {address: "unix:/run/b", mode: "0o660"}
    |                                    ^~~~~~~
conf/pg.yaml:4:36: listen.mode: "rw-rw----" is not a mode; write it as chmod takes it, with a zero in front, such as "0660"
  4 |   - {address: "unix:/run/c", mode: rw-rw----}
    |                                    ^~~~~~~~~
conf/pg.yaml:5:36: listen.mode: "04666" is not a mode; write it as chmod takes it, with a zero in front, such as "0660"
  5 |   - {address: "unix:/run/d", mode: 04666}
    |                                    ^~~~~
conf/pg.yaml:6:36: listen.mode: "1666" has bits that mean nothing on a socket; write three digits behind a zero, such as "0660"
  6 |   - {address: "unix:/run/e", mode: "1666"}
    |                                    ^~~~~~
conf/pg.yaml:7:36: listen.mode: "432" could be octal or decimal; write "0432" if it is octal
  7 |   - {address: "unix:/run/f", mode: 432}
    |                                    ^~~
conf/pg.yaml:8:36: listen.mode: "0668" is not a mode; write it as chmod takes it, with a zero in front, such as "0660"
  8 |   - {address: "unix:/run/g", mode: 0668}
    |                                    ^~~~
conf/pg.yaml:9:36: listen.mode: "" is not a mode; write it as chmod takes it, with a zero in front, such as "0660"
  9 |   - {address: "unix:/run/h", mode: ""}
    |                                    ^~
conf/pg.yaml:10:36: listen.mode: "0066" keeps persona itself out, which connects when it starts, to see whether an old socket is still served; write "0666"
  10 |   - {address: "unix:/run/i", mode: 0066}
     |                                    ^~~~
)"},
    {"groups that cannot be",
     "listen:\n"
     "  - {address: \"unix:/run/a\", group: \"a:b\"}\n"
     "  - {address: \"unix:/run/b\", group: 4294967295}\n"
     "  - {address: \"unix:/run/c\", group: [a, b]}\n" + to_gateway,
     R"(
conf/pg.yaml:2:37: listen.group: "a:b" is not a group name
  2 |   - {address: "unix:/run/a", group: "a:b"}
    |                                     ^~~~~
conf/pg.yaml:3:37: listen.group: "4294967295" is not a group id; those are numbers from 0 to 4294967294
  3 |   - {address: "unix:/run/b", group: 4294967295}
    |                                     ^~~~~~~~~~
conf/pg.yaml:4:37: listen.group: expected a single value, found a list
  4 |   - {address: "unix:/run/c", group: [a, b]}
    |                                     ^
)"},
    {"the file of what has none, an unknown key, and no address",
     "listen:\n"
     "  - {address: 127.0.0.1:1, mode: 0660, group: root}\n"
     "  - {address: \"unix:/run/a\", owner: root}\n"
     "  - {mode: 0660}\n"
     "  - [127.0.0.1:2]\n" + to_gateway +
     "admin: {listen: {address: \"127.0.0.1:3\", mode: 0660}}\n",
     R"(
conf/pg.yaml:2:28: "listen.mode" belongs to a Unix socket (unix:/PATH): other addresses have no file
  2 |   - {address: 127.0.0.1:1, mode: 0660, group: root}
    |                            ^~~~
conf/pg.yaml:2:40: "listen.group" belongs to a Unix socket (unix:/PATH): other addresses have no file
  2 |   - {address: 127.0.0.1:1, mode: 0660, group: root}
    |                                        ^~~~~
conf/pg.yaml:3:30: unknown key "listen.owner"
  3 |   - {address: "unix:/run/a", owner: root}
    |                              ^~~~~
conf/pg.yaml:4:5: "listen.address" is missing
  4 |   - {mode: 0660}
    |     ^
conf/pg.yaml:5:5: listen: expected a single value, found a list
  5 |   - [127.0.0.1:2]
    |     ^
conf/pg.yaml:9:42: "admin.listen.mode" belongs to a Unix socket (unix:/PATH): other addresses have no file
  9 | admin: {listen: {address: "127.0.0.1:3", mode: 0660}}
    |                                          ^~~~
)"},
    {"addresses in maps are judged as others are",
     "listen:\n"
     "  - 127.0.0.1:1\n"
     "  - {address: 127.0.0.1:1}\n"
     "  - {address: 0.0.0.0:1}\n"
     "  - {address: \"systemd:pg\", mode: 0660}\n" + to_gateway +
     "admin: {listen: {address: \"0.0.0.0:3\"}}\n",
     R"(
conf/pg.yaml:3:15: listen.address: 127.0.0.1:1 is listed twice
  3 |   - {address: 127.0.0.1:1}
    |               ^~~~~~~~~~~
conf/pg.yaml:4:15: listen.address: 0.0.0.0:1 lets other machines in, in plaintext; listen on 127.0.0.1:1, or set unsafe_listen: true and access.allow
  4 |   - {address: 0.0.0.0:1}
    |               ^~~~~~~~~
conf/pg.yaml:5:29: "listen.mode" belongs to a Unix socket that persona makes: what systemd makes is as SocketMode=, SocketUser= and SocketGroup= in its .socket unit say
  5 |   - {address: "systemd:pg", mode: 0660}
    |                             ^~~~
conf/pg.yaml:9:27: admin.listen.address: 0.0.0.0:3 lets other machines read the state of this one; listen on 127.0.0.1:3, or set admin.unsafe_listen: true, which serves /healthz, /readyz, /startup and /metrics there
  9 | admin: {listen: {address: "0.0.0.0:3"}}
    |                           ^~~~~~~~~~~
)"},
    {"groups to no effect",
     "listen:\n"
     "  - {address: \"unix:/run/a\", mode: \"0640\", group: postgres}\n"
     "  - {address: \"unix:/run/b\", group: postgres}\n" + to_gateway +
     "access: {allow_users: postgres}\n",
     R"(
conf/pg.yaml:2:36: warning: listen.mode: lets no member of the group connect, which takes the right to write, as in "0660"
  2 |   - {address: "unix:/run/a", mode: "0640", group: postgres}
    |                                    ^~~~~~
conf/pg.yaml:3:37: warning: listen.group: has no effect, because access.allow_users decides and the mode is then 0666; write mode: "0660" to let in only those users who are members as well
  3 |   - {address: "unix:/run/b", group: postgres}
    |                                     ^~~~~~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("what is wrong with a socket's mode or group is reported with what to write") {
  const Folder folder;
  for (const Broken& broken : broken_sockets) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}

TEST_CASE("listen is an address, a map, or a list of both") {
  const Config one = read_sockets("{address: \"unix:/run/a\", mode: 0660, group: postgres}");
  REQUIRE(one.listen.size() == 1);
  CHECK(one.listen[0].value.path == "/run/a");
  CHECK(one.listen[0].mark == Mark{1, 19});
  CHECK(one.listen[0].mode == 0660U);
  REQUIRE(one.listen[0].group);
  CHECK(one.listen[0].group->value == "postgres");
  CHECK(one.listen[0].group->mark == Mark{1, 53});
  const Config both = read_sockets(
      "[127.0.0.1:1, {address: \"unix:/run/a\", mode: \"0777\"}, {address: \"[::1]:1\"}, \"unix:/run/b\"]");
  REQUIRE(both.listen.size() == 4);
  CHECK(both.listen[1].mode == 0777U);
  CHECK(both.listen[2].value.to_string() == "[::1]:1");
  CHECK(!both.listen[3].mode);
  CHECK(!both.listen[3].group);
}

TEST_CASE("a mode that is not written follows from what is") {
  CHECK(!read_sockets("\"unix:/run/a\"").listen.front().mode);
  CHECK(read_sockets("{address: \"unix:/run/a\", group: 104}").listen.front().mode == 0660U);
  const Config users =
      read_sockets("[\"unix:/run/a\", {address: \"unix:/run/b\", mode: \"0600\"}, 127.0.0.1:1]",
                   "access: {allow_users: [root, 1000]}\nadmin: {listen: \"unix:/run/admin\"}\n");
  CHECK(users.listen[0].mode == 0666U);
  CHECK(users.listen[1].mode == 0600U);
  CHECK(!users.listen[2].mode);
  CHECK(!users.admin->mode);  // the list is not about administrators
}

TEST_CASE("the administrators' socket has a mode and a group as well") {
  const Config config = read_sockets(
      "127.0.0.1:1", "admin: {listen: {address: \"unix:/run/admin\", mode: \"0620\", group: adm}}\n");
  REQUIRE(config.admin);
  CHECK(config.admin->value.path == "/run/admin");
  CHECK(config.admin->mode == 0620U);
  CHECK(config.admin->group->value == "adm");
  CHECK(read_sockets("127.0.0.1:1", "admin: {listen: {address: \"unix:/run/admin\", group: adm}}\n")
            .admin->mode == 0660U);
}

TEST_CASE("administrators may ask from other machines if the file says so") {
  const auto listens_at = [](const std::string& admin) {
    const Config config = read_sockets("127.0.0.1:1", "admin: " + admin + "\n");
    return config.admin ? config.admin->value.to_string() + (config.admin->unsafe ? " unsafe" : "") : "";
  };
  CHECK(listens_at("{listen: 0.0.0.0:3, unsafe_listen: true}") == "0.0.0.0:3 unsafe");
  CHECK(listens_at("{listen: 127.0.0.1:3, unsafe_listen: true}") == "127.0.0.1:3 unsafe");
  CHECK(listens_at("{unsafe_listen: true, listen: {address: \"[::]:3\"}}") == "[::]:3 unsafe");
  CHECK(listens_at("{listen: systemd:a, unsafe_listen: true}") == "systemd:a unsafe");
  CHECK(listens_at("{listen: systemd:a, unsafe_listen: false}") == "systemd:a");
  CHECK(listens_at("{listen: systemd:a}") == "systemd:a");
}

TEST_CASE("whether other machines may ask is something that a restart has to change") {
  const auto admin = [](const char* unsafe) {
    return *read_sockets("127.0.0.1:1",
                         fmt::format("admin: {{listen: systemd:a, unsafe_listen: {}}}\n", unsafe))
                .admin;
  };
  CHECK(is_same(admin("true"), admin("true")));
  CHECK_FALSE(is_same(admin("true"), admin("false")));
}

TEST_CASE("whether it is ready may depend on whether the gateway is reached") {
  CHECK_FALSE(read_sockets("127.0.0.1:1").ready_if_reached);
  CHECK(read_sockets("127.0.0.1:1", "ready: {gateway: true}\n").ready_if_reached);
  CHECK_FALSE(read_sockets("127.0.0.1:1", "ready: {gateway: false}\n").ready_if_reached);
}
