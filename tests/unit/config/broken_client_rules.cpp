// Broken rules of who may come in.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

const std::string unix_yaml = "listen: unix:/run/pg.sock\ngateway: db.example.com:5433\n" + rest;
const std::string allow_yaml = gateway_yaml + "clients:\n  allow:\n";

// clang-format off
const std::vector<Broken> broken_client_rules = {
    {"users without a Unix socket",
     persona_yaml + "access: {allow_users: [postgres]}\n",
     R"(
conf/pg.yaml:5:24: access.allow_users: users are known only on a Unix socket; listen on unix:/PATH, or restrict addresses with access.allow
  5 | access: {allow_users: [postgres]}
    |                        ^~~~~~~~
)"},
    {"users that cannot be",
     unix_yaml + "access: {allow_users: [root, \"\", \"a b\", 4294967295, 007, -1, \"*\", root]}\n",
     R"(
conf/pg.yaml:5:30: access.allow_users: expected a user name or id, found ""
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                              ^~
conf/pg.yaml:5:34: access.allow_users: "a b" is not a user name
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                  ^~~~~
conf/pg.yaml:5:41: access.allow_users: "4294967295" is not a user id; those are numbers from 0 to 4294967294
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                         ^~~~~~~~~~
conf/pg.yaml:5:53: access.allow_users: "007" is not a user id; those are numbers from 0 to 4294967294
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                                     ^~~
conf/pg.yaml:5:58: access.allow_users: "-1" is not a user name
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                                          ^~
conf/pg.yaml:5:62: access.allow_users: "*" is not a user name
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                                              ^~~
conf/pg.yaml:5:67: access.allow_users: "root" is listed twice
  5 | access: {allow_users: [root, "", "a b", 4294967295, 007, -1, "*", root]}
    |                                                                   ^~~~
)"},
    {"no users",
     unix_yaml + "access: {allow_users: []}\n",
     R"(
conf/pg.yaml:5:23: access.allow_users: the list is empty
  5 | access: {allow_users: []}
    |                       ^
)"},
    {"a map of users",
     unix_yaml + "access: {allow_users: {root: true}}\n",
     R"(
conf/pg.yaml:5:23: access.allow_users: expected a single value or a list, found a map
  5 | access: {allow_users: {root: true}}
    |                       ^
)"},
    {"clients.allow that names nobody",
     gateway_yaml + "clients: {allow: {}}\n",
     R"(
conf/pg.yaml:5:11: "clients.allow" lets nobody in; write one of cn, dns, uri and pins below it, or leave it out to let every verified client in
  5 | clients: {allow: {}}
    |           ^~~~~
)"},
    {"clients.allow with a misspelt key",
     gateway_yaml + "clients: {allow: {uris: [\"spiffe://a/b\"]}}\n",
     R"(
conf/pg.yaml:5:19: unknown key "clients.allow.uris"; did you mean "clients.allow.uri"?
  5 | clients: {allow: {uris: ["spiffe://a/b"]}}
    |                   ^~~~
)"},
    {"clients.allow with empty lists",
     allow_yaml + "    cn: []\n"
     "    dns: []\n"
     "    uri: []\n"
     "    pins: []\n",
     R"(
conf/pg.yaml:7:9: clients.allow.cn: the list is empty
  7 |     cn: []
    |         ^
conf/pg.yaml:8:10: clients.allow.dns: the list is empty
  8 |     dns: []
    |          ^
conf/pg.yaml:9:10: clients.allow.uri: the list is empty
  9 |     uri: []
    |          ^
conf/pg.yaml:10:11: clients.allow.pins: the list is empty
  10 |     pins: []
     |           ^
)"},
    {"clients.allow as a list",
     gateway_yaml + "clients: {allow: [postgres]}\n",
     R"(
conf/pg.yaml:5:18: clients.allow: expected a map of keys and values, found a list
  5 | clients: {allow: [postgres]}
    |                  ^
)"},
    {"clients.allow where certificates are optional",
     gateway_yaml + "clients: {certificate: optional, allow: {cn: [postgres]}}\n",
     R"(
conf/pg.yaml:5:34: "clients.allow" would turn away every client without a certificate; write certificate: required
  5 | clients: {certificate: optional, allow: {cn: [postgres]}}
    |                                  ^~~~~
)"},
    {"clients.allow where no certificates are asked for",
     gateway_yaml + "clients: {certificate: none, allow: {cn: [postgres]}}\n",
     R"(
conf/pg.yaml:5:30: "clients.allow" lets nobody in when no certificate is asked for; write certificate: required
  5 | clients: {certificate: none, allow: {cn: [postgres]}}
    |                              ^~~~~
)"},
    {"clients.allow on the other end",
     persona_yaml + "clients: {allow: {cn: [postgres]}}\n",
     R"(
conf/pg.yaml:5:1: "clients" belongs to a file with "service"
  5 | clients: {allow: {cn: [postgres]}}
    | ^~~~~~~
)"},
    {"common names",
     allow_yaml + "    cn: [\"\", \"CN=postgres\", \"a**\", \"spiffe://a/b\", \"a\\u200fb\", postgres, postgres]\n",
     R"(
conf/pg.yaml:7:10: clients.allow.cn: expected a common name, found ""
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |          ^~
conf/pg.yaml:7:14: clients.allow.cn: write the common name alone, without "CN="
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |              ^~~~~~~~~~~~~
conf/pg.yaml:7:29: clients.allow.cn: "a**" has two * in a row; one stands for any characters but . / and @
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |                             ^~~~~
conf/pg.yaml:7:36: clients.allow.cn: "spiffe://a/b" is a URI; write it in clients.allow.uri
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |                                    ^~~~~~~~~~~~~~
conf/pg.yaml:7:52: clients.allow.cn: "a\u200fb" has characters that cannot be seen
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |                                                    ^~~~~
conf/pg.yaml:7:74: clients.allow.cn: "postgres" is listed twice
  7 |     cn: ["", "CN=postgres", "a**", "spiffe://a/b", "a\u200fb", postgres, postgres]
    |                                                                          ^~~~~~~~
)"},
    {"DNS patterns",
     allow_yaml + "    dns: [\"\", \"**.example.com\", \"https://a.example.com\", 10.0.0.1, \"a b\", bücher.example, \"a..b\", a.example.com, A.EXAMPLE.com.]\n",
     R"(
conf/pg.yaml:7:11: clients.allow.dns: expected a DNS name, found ""
  7 |     dns: ["", "**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMP...
    |           ^~
conf/pg.yaml:7:15: clients.allow.dns: "**.example.com" has two * in a row; one stands for any characters but a dot
  7 |     dns: ["", "**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMP...
    |               ^~~~~~~~~~~~~~~~
conf/pg.yaml:7:33: clients.allow.dns: "https://a.example.com" is a URL; write only its host, or the whole in clients.allow.uri
  7 |     dns: ["", "**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMP...
    |                                 ^~~~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:7:58: clients.allow.dns: "10.0.0.1" is an address; clients are known by names, not by addresses (access.allow restricts those)
  7 |     dns: ["", "**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMP...
    |                                                          ^~~~~~~~
conf/pg.yaml:7:68: clients.allow.dns: "a b" is not a DNS name
  7 | ...: ["", "**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMPLE.com....
    |                                                                ^~~~~
conf/pg.yaml:7:75: clients.allow.dns: "bücher.example" has letters that no DNS name has; write its xn-- form
  7 | ..."**.example.com", "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMPLE.com.]
    |                                                                ^~~~~~~~~~~~~~
conf/pg.yaml:7:91: clients.allow.dns: "a..b" is not a DNS name
  7 | ..., "https://a.example.com", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMPLE.com.]
    |                                                                ^~~~~~
conf/pg.yaml:7:114: clients.allow.dns: "A.EXAMPLE.com." is listed twice
  7 | ...m", 10.0.0.1, "a b", bücher.example, "a..b", a.example.com, A.EXAMPLE.com.]
    |                                                                ^~~~~~~~~~~~~~
)"},
    {"URI patterns",
     allow_yaml + "    uri: [\"\", prod/db, \"*://prod/db\", \"https://a/b c\", \"https://a/**\", \"https://bücher/\", \"https://A/B\", \"HTTPS://a/B\"]\n",
     R"(
conf/pg.yaml:7:11: clients.allow.uri: expected a URI such as spiffe://example.com/db, found ""
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |           ^~
conf/pg.yaml:7:15: clients.allow.uri: "prod/db" has no scheme; write a whole URI such as spiffe://example.com/db
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |               ^~~~~~~
conf/pg.yaml:7:24: clients.allow.uri: "*://prod/db" has no scheme that can be matched; a * may stand only after it
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |                        ^~~~~~~~~~~~~
conf/pg.yaml:7:39: clients.allow.uri: "https://a/b c" has characters that no URI has
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |                                       ^~~~~~~~~~~~~~~
conf/pg.yaml:7:56: clients.allow.uri: "https://a/**" has two * in a row; one stands for any characters but a slash
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |                                                        ^~~~~~~~~~~~~~
conf/pg.yaml:7:72: clients.allow.uri: "https://bücher/" has characters that no URI has
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |                                                                        ^~~~~~~~~~~~~~~~~
conf/pg.yaml:7:106: clients.allow.uri: "HTTPS://a/B" is listed twice
  7 |     uri: ["", prod/db, "*://prod/db", "https://a/b c", "https://a/**", "https://bücher/", "https://A/B", "HTTPS://a/B"]
    |                                                                                                          ^~~~~~~~~~~~~
)"},
    {"a * where it means nothing in a URI",
     allow_yaml + "    uri:\n"
     "      - \"https://a/b?c=*\"\n"
     "      - \"https://a/b#*\"\n"
     "      - \"https://*@a/b\"\n",
     R"(
conf/pg.yaml:8:9: clients.allow.uri: "https://a/b?c=*" has a * after its path, where it has no meaning
  8 |       - "https://a/b?c=*"
    |         ^~~~~~~~~~~~~~~~~
conf/pg.yaml:9:9: clients.allow.uri: "https://a/b#*" has a * after its path, where it has no meaning
  9 |       - "https://a/b#*"
    |         ^~~~~~~~~~~~~~~
conf/pg.yaml:10:9: clients.allow.uri: "https://*@a/b" has a * before the host, where it has no meaning
  10 |       - "https://*@a/b"
     |         ^~~~~~~~~~~~~~~
)"},
    {"SPIFFE patterns",
     allow_yaml + "    uri:\n"
     "      - spiffe:prod/db\n"
     "      - \"spiffe://prod\"\n"
     "      - \"spiffe://prod/\"\n"
     "      - \"spiffe:///db\"\n"
     "      - \"spiffe://prod:80/db\"\n"
     "      - \"spiffe://user@prod/db\"\n"
     "      - \"spiffe://prod//db\"\n"
     "      - \"spiffe://prod/../db\"\n"
     "      - \"spiffe://prod/db/\"\n"
     "      - \"spiffe://prod/a%2fb\"\n"
     "      - \"spiffe://prod/db?x\"\n",
     R"(
conf/pg.yaml:8:9: clients.allow.uri: "spiffe:prod/db" is not a SPIFFE ID; those begin with spiffe://
  8 |       - spiffe:prod/db
    |         ^~~~~~~~~~~~~~
conf/pg.yaml:9:9: clients.allow.uri: "spiffe://prod" is not a client's SPIFFE ID: those have a path; write "spiffe://prod/*" for every path of one segment
  9 |       - "spiffe://prod"
    |         ^~~~~~~~~~~~~~~
conf/pg.yaml:10:9: clients.allow.uri: "spiffe://prod/" is not a client's SPIFFE ID: those have a path; write "spiffe://prod/*" for every path of one segment
  10 |       - "spiffe://prod/"
     |         ^~~~~~~~~~~~~~~~
conf/pg.yaml:11:9: clients.allow.uri: "spiffe:///db" has no valid trust domain; write spiffe://, a name without port or user, and a path
  11 |       - "spiffe:///db"
     |         ^~~~~~~~~~~~~~
conf/pg.yaml:12:9: clients.allow.uri: "spiffe://prod:80/db" has no valid trust domain; write spiffe://, a name without port or user, and a path
  12 |       - "spiffe://prod:80/db"
     |         ^~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:13:9: clients.allow.uri: "spiffe://user@prod/db" has no valid trust domain; write spiffe://, a name without port or user, and a path
  13 |       - "spiffe://user@prod/db"
     |         ^~~~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:14:9: clients.allow.uri: "spiffe://prod//db" is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only
  14 |       - "spiffe://prod//db"
     |         ^~~~~~~~~~~~~~~~~~~
conf/pg.yaml:15:9: clients.allow.uri: "spiffe://prod/../db" is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only
  15 |       - "spiffe://prod/../db"
     |         ^~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:16:9: clients.allow.uri: "spiffe://prod/db/" is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only
  16 |       - "spiffe://prod/db/"
     |         ^~~~~~~~~~~~~~~~~~~
conf/pg.yaml:17:9: clients.allow.uri: "spiffe://prod/a%2fb" is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only
  17 |       - "spiffe://prod/a%2fb"
     |         ^~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:18:9: clients.allow.uri: "spiffe://prod/db?x" is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only
  18 |       - "spiffe://prod/db?x"
     |         ^~~~~~~~~~~~~~~~~~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every wrong rule for clients is reported with what it would mean or what to write") {
  const Folder folder;
  for (const Broken& broken : broken_client_rules) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
