// Broken keys: the file, and everything that is said about it.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

// clang-format off
const std::vector<Broken> broken_keys = {
    {"a misspelt key",
     "listen: 127.0.0.1:5432\n"
     "gatway: db.example.com:5433\n" + rest,
     R"(
conf/pg.yaml:2:1: unknown key "gatway"; did you mean "gateway"?
  2 | gatway: db.example.com:5433
    | ^~~~~~
)"},
    {"a misspelt nested key",
     persona_yaml + "tls: {min_verson: \"1.3\"}\n",
     R"(
conf/pg.yaml:5:7: unknown key "tls.min_verson"; did you mean "tls.min_version"?
  5 | tls: {min_verson: "1.3"}
    |       ^~~~~~~~~~
)"},
    {"a key that resembles nothing",
     persona_yaml + "frobnicate: 1\n",
     R"(
conf/pg.yaml:5:1: unknown key "frobnicate"
  5 | frobnicate: 1
    | ^~~~~~~~~~
)"},
    {"a duplicate key",
     persona_yaml + "listen: 127.0.0.1:5434\n",
     R"(
conf/pg.yaml:5:1: duplicate key "listen"; it is already on line 1
  5 | listen: 127.0.0.1:5434
    | ^~~~~~
)"},
    {"a duplicate nested key",
     persona_yaml + "log: {level: info, level: debug}\n",
     R"(
conf/pg.yaml:5:20: duplicate key "log.level"; it is already on line 5
  5 | log: {level: info, level: debug}
    |                    ^~~~~
)"},
    {"a key without a value",
     persona_yaml + "name:\n",
     R"(
conf/pg.yaml:5:1: "name" has no value
  5 | name:
    | ^~~~
)"},
    {"a list as a key",
     persona_yaml + "? [a]\n"
     ": b\n",
     R"(
conf/pg.yaml:5:3: expected a key, found a list
  5 | ? [a]
    |   ^
)"},
    {"everything missing",
     "name: pg\n",
     R"(
conf/pg.yaml:1:1: "identity.certificate" is missing
conf/pg.yaml:1:1: "trust.ca" is missing
conf/pg.yaml:1:1: "gateway" is missing: HOST:PORT to dial over mTLS (or "service", on the other end: HOST:PORT to forward plaintext to)
conf/pg.yaml:1:1: "listen" is missing
)"},
    {"a missing key of identity",
     "listen: 127.0.0.1:5432\n"
     "gateway: db.example.com:5433\n"
     "identity:\n"
     "  private_key: pg.key\n"
     "trust: {ca: ca.crt}\n",
     R"(
conf/pg.yaml:3:1: "identity.certificate" is missing
  3 | identity:
    | ^~~~~~~~
)"},
    {"both ends in one file",
     persona_yaml + "service: 127.0.0.1:5432\n",
     R"(
conf/pg.yaml:5:1: "service" and "gateway" exclude each other: a file is one end or the other
  5 | service: 127.0.0.1:5432
    | ^~~~~~~
)"},
    {"clients in a persona file",
     persona_yaml + "clients: {certificate: none}\n",
     R"(
conf/pg.yaml:5:1: "clients" belongs to a file with "service"
  5 | clients: {certificate: none}
    | ^~~~~~~
)"},
    {"unsafe_listen in a gateway file",
     gateway_yaml + "unsafe_listen: true\n",
     R"(
conf/pg.yaml:5:1: "unsafe_listen" belongs to a file with "gateway"; a gateway listens with TLS on any address
  5 | unsafe_listen: true
    | ^~~~~~~~~~~~~
)"},
    {"names that systemd has not, and where nobody may listen",
     "listen: [127.0.0.1:5432, \"systemd:\", systemd:a:b, systemd:pg, systemd:pg]\n"
     "gateway: a.example.com:1\n"
     "identity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {ca: ca.crt}\n"
     "admin: {listen: 0.0.0.0:9901}\n",
     R"(
conf/pg.yaml:1:26: listen: "systemd:" has no name; write systemd:NAME, as FileDescriptorName= in the .socket unit has it
  1 | listen: [127.0.0.1:5432, "systemd:", systemd:a:b, systemd:pg, systemd:pg]
    |                          ^~~~~~~~~~
conf/pg.yaml:1:38: listen: "a:b" is not a name that systemd gives to sockets (FileDescriptorName=): ASCII without colons, at most 255 characters
  1 | listen: [127.0.0.1:5432, "systemd:", systemd:a:b, systemd:pg, systemd:pg]
    |                                      ^~~~~~~~~~~
conf/pg.yaml:1:63: listen: systemd:pg is listed twice
  1 | listen: [127.0.0.1:5432, "systemd:", systemd:a:b, systemd:pg, systemd:pg]
    |                                                               ^~~~~~~~~~
conf/pg.yaml:5:17: admin.listen: 0.0.0.0:9901 lets other machines read the state of this one; listen on 127.0.0.1:9901, or set admin.unsafe_listen: true, which serves /healthz, /readyz, /startup and /metrics there
  5 | admin: {listen: 0.0.0.0:9901}
    |                 ^~~~~~~~~~~~
)"},
    {"what has to be reached is named by the mode",
     "listen: 127.0.0.1:1\n"
     "gateway: a.example.com:1\n"
     "identity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {ca: ca.crt}\n"
     "ready: {service: true}\n",
     R"(
conf/pg.yaml:5:9: "ready.service" belongs to a file with "service": here it is ready.gateway
  5 | ready: {service: true}
    |         ^~~~~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every wrong key is reported at its place") {
  const Folder folder;
  for (const Broken& broken : broken_keys) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
