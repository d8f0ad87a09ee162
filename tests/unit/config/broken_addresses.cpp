// Broken addresses: the file, and everything that is said about it.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

// clang-format off
const std::vector<Broken> broken_addresses = {
    {"a listen address without a port",
     "listen: localhost\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:1:9: listen: "localhost" has no port; write localhost:PORT
  1 | listen: localhost
    |         ^~~~~~~~~
)"},
    {"a listen address other machines can reach",
     "listen: 0.0.0.0:5432\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:1:9: listen: 0.0.0.0:5432 lets other machines in, in plaintext; listen on 127.0.0.1:5432, or set unsafe_listen: true and access.allow
  1 | listen: 0.0.0.0:5432
    |         ^~~~~~~~~~~~
)"},
    {"a listen address twice",
     "listen:\n"
     "  - 127.0.0.1:1\n"
     "  - 127.0.0.1:1\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:3:5: listen: 127.0.0.1:1 is listed twice
  3 |   - 127.0.0.1:1
    |     ^~~~~~~~~~~
)"},
    {"an empty list of listen addresses",
     "listen: []\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:1:9: listen: the list is empty
  1 | listen: []
    |         ^
)"},
    {"a map without an address to listen on",
     "listen: {port: 5432}\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:1:9: "listen.address" is missing
  1 | listen: {port: 5432}
    |         ^
conf/pg.yaml:1:10: unknown key "listen.port"
  1 | listen: {port: 5432}
    |          ^~~~
)"},
    {"an IPv6 address without brackets",
     "listen: \"::1:5432\"\n"
     "gateway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:1:9: listen: an IPv6 address needs brackets; write "[::1]:5432"
  1 | listen: "::1:5432"
    |         ^~~~~~~~~~
)"},
    {"a gateway on a Unix socket",
     "listen: 127.0.0.1:1\n"
     "gateway: unix:/run/gw.sock\n" + rest,
     R"(
conf/pg.yaml:2:10: gateway: a gateway is dialled over TCP; write HOST:PORT
  2 | gateway: unix:/run/gw.sock
    |          ^~~~~~~~~~~~~~~~~
)"},
    {"a gateway on port 0",
     "listen: 127.0.0.1:0\n"
     "gateway: db.example.com:0\n" + rest,
     R"(
conf/pg.yaml:2:10: gateway: port 0 cannot be dialled
  2 | gateway: db.example.com:0
    |          ^~~~~~~~~~~~~~~~
)"},
    {"a gateway port out of range",
     "listen: 127.0.0.1:1\n"
     "gateway: db.example.com:70000\n" + rest,
     R"(
conf/pg.yaml:2:10: gateway: port 70000 is out of range; ports go up to 65535
  2 | gateway: db.example.com:70000
    |          ^~~~~~~~~~~~~~~~~~~~
)"},
    {"a list of gateways in the wrong place",
     "listen: 127.0.0.1:1\n"
     "gateway: [a:1, b:2]\n" + rest,
     R"(
conf/pg.yaml:2:10: gateway: expected HOST:PORT or a map, found a list; write address: [...] below gateway:
  2 | gateway: [a:1, b:2]
    |          ^
)"},
    {"a gateway without an address",
     "listen: 127.0.0.1:1\n"
     "gateway: {server_name: db.example.com}\n" + rest,
     R"(
conf/pg.yaml:2:1: "gateway.address" is missing
  2 | gateway: {server_name: db.example.com}
    | ^~~~~~~
)"},
    {"a server name with a port",
     "listen: 127.0.0.1:1\n"
     "gateway: {address: a:1, server_name: \"db:1\"}\n" + rest,
     R"(
conf/pg.yaml:2:38: gateway.server_name: "db:1" is not a host name or an address
  2 | gateway: {address: a:1, server_name: "db:1"}
    |                                      ^~~~~~
)"},
    {"an escape sequence in a value",
     "listen: 127.0.0.1:1\n"
     "gateway: \"a\\e[2J:1\"\n" + rest,
     R"(
conf/pg.yaml:2:10: gateway: control characters and line breaks have no place here
  2 | gateway: "a\e[2J:1"
    |          ^~~~~~~~~
)"},
    {"a service on port 0",
     "listen: 0.0.0.0:1\n"
     "service: 127.0.0.1:0\n" + rest,
     R"(
conf/pg.yaml:2:10: service: port 0 cannot be dialled
  2 | service: 127.0.0.1:0
    |          ^~~~~~~~~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every wrong address is reported with what to write") {
  const Folder folder;
  for (const Broken& broken : broken_addresses) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
