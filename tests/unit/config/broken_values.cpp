// Broken values: the file, and everything that is said about it.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

// clang-format off
const std::vector<Broken> broken_values = {
    {"files that are not there or not files",
     "listen: 127.0.0.1:5432\n"
     "gateway: db.example.com:5433\n"
     "identity: {certificate: none.crt, private_key: folder}\n"
     "trust:\n"
     "  ca: [ca.crt, other.crt, \"\"]\n",
     R"(
conf/pg.yaml:3:25: identity.certificate: no such file: conf/none.crt
  3 | identity: {certificate: none.crt, private_key: folder}
    |                         ^~~~~~~~
conf/pg.yaml:3:48: identity.private_key: conf/folder is a folder, expected a file
  3 | identity: {certificate: none.crt, private_key: folder}
    |                                                ^~~~~~
conf/pg.yaml:5:16: trust.ca: no such file: conf/other.crt
  5 |   ca: [ca.crt, other.crt, ""]
    |                ^~~~~~~~~
conf/pg.yaml:5:27: trust.ca: expected the name of a file, found ""
  5 |   ca: [ca.crt, other.crt, ""]
    |                           ^~
)"},
    {"a map as a file",
     "listen: 127.0.0.1:5432\n"
     "gateway: db.example.com:5433\n"
     "identity: {certificate: {file: pg.crt}, private_key: pg.key}\n"
     "trust: {ca: ca.crt}\n",
     R"(
conf/pg.yaml:3:25: identity.certificate: expected a single value, found a map
  3 | identity: {certificate: {file: pg.crt}, private_key: pg.key}
    |                         ^
)"},
    {"a scalar as a section",
     persona_yaml + "timeouts: 10s\n",
     R"(
conf/pg.yaml:5:11: timeouts: expected a map of keys and values, found a single value
  5 | timeouts: 10s
    |           ^~~
)"},
    {"an unknown version",
     persona_yaml + "tls: {min_version: 1.1}\n",
     R"(
conf/pg.yaml:5:20: tls.min_version: expected "1.2" or "1.3", found "1.1"
  5 | tls: {min_version: 1.1}
    |                    ^~~
)"},
    {"an unknown sandbox",
     persona_yaml + "sandbox: on\n",
     R"(
conf/pg.yaml:5:10: sandbox: expected "auto", "required" or "off", found "on"
  5 | sandbox: on
    |          ^~
)"},
    {"versions in the wrong order",
     persona_yaml + "tls: {min_version: \"1.3\", max_version: \"1.2\"}\n",
     R"(
conf/pg.yaml:5:40: tls.max_version: the highest version is below the lowest, tls.min_version
  5 | tls: {min_version: "1.3", max_version: "1.2"}
    |                                        ^~~~~
)"},
    {"a cipher suite by its OpenSSL name",
     persona_yaml + "tls: {ciphers: [ECDHE-RSA-AES128-GCM-SHA256]}\n",
     R"(
conf/pg.yaml:5:17: tls.ciphers: "ECDHE-RSA-AES128-GCM-SHA256" is not a supported cipher suite; did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?
  5 | tls: {ciphers: [ECDHE-RSA-AES128-GCM-SHA256]}
    |                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
    {"a misspelt cipher suite",
     persona_yaml + "tls:\n"
     "  ciphers: [TLS_AES_256_GCM_SHA256, TLS_AES_128_GCM_SHA256]\n",
     R"(
conf/pg.yaml:6:13: tls.ciphers: "TLS_AES_256_GCM_SHA256" is not a supported cipher suite; did you mean TLS_AES_256_GCM_SHA384?
  6 |   ciphers: [TLS_AES_256_GCM_SHA256, TLS_AES_128_GCM_SHA256]
    |             ^~~~~~~~~~~~~~~~~~~~~~
)"},
    {"a cipher suite twice",
     persona_yaml + "tls: {ciphers: [TLS_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]}\n",
     R"(
conf/pg.yaml:5:41: tls.ciphers: TLS_AES_128_GCM_SHA256 is listed twice
  5 | tls: {ciphers: [TLS_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]}
    |                                         ^~~~~~~~~~~~~~~~~~~~~~
)"},
    {"no TLS 1.3 suite",
     persona_yaml + "tls: {ciphers: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\n",
     R"(
conf/pg.yaml:5:16: tls.ciphers: no TLS 1.3 suite is listed; add one such as TLS_AES_256_GCM_SHA384, or set max_version: "1.2"
  5 | tls: {ciphers: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}
    |                ^
)"},
    {"an unknown group",
     persona_yaml + "tls: {groups: [x25591, prime256v1]}\n",
     R"(
conf/pg.yaml:5:16: tls.groups: "x25591" is not a supported group; did you mean x25519?
  5 | tls: {groups: [x25591, prime256v1]}
    |                ^~~~~~
conf/pg.yaml:5:24: tls.groups: "prime256v1" is not a supported group; did you mean secp256r1?
  5 | tls: {groups: [x25591, prime256v1]}
    |                        ^~~~~~~~~~
)"},
    {"a database that is not known",
     persona_yaml + "protocol: oracle\n",
     R"(
conf/pg.yaml:5:11: protocol: expected "postgresql", "mysql", "redis" or "mssql", found "oracle"
  5 | protocol: oracle
    |           ^~~~~~
)"},
    {"clients that speak something else than the database",
     "listen: 127.0.0.1:5432\n"
     "gateway: {address: \"db.example.com:5432\", negotiate: postgresql}\n"
     "identity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {ca: ca.crt}\n"
     "protocol: mysql\n",
     R"(
conf/pg.yaml:5:11: protocol: gateway.negotiate is postgresql, so the clients speak postgresql too; leave this key out
  5 | protocol: mysql
    |           ^~~~~
)"},
    {"a protocol name without a character",
     persona_yaml + "tls: {alpn: [\"\", h2, h2]}\n",
     R"(
conf/pg.yaml:5:14: tls.alpn: a protocol name has 1 to 255 bytes
  5 | tls: {alpn: ["", h2, h2]}
    |              ^~
conf/pg.yaml:5:22: tls.alpn: "h2" is listed twice
  5 | tls: {alpn: ["", h2, h2]}
    |                      ^~
)"},
    {"durations without a unit, fractional, too long",
     persona_yaml + "timeouts:\n"
     "  connect: 10\n"
     "  idle: 1.5s\n"
     "  shutdown: 4000d\n"
     "  half-close: 1s\n",
     R"(
conf/pg.yaml:6:12: timeouts.connect: "10" has no unit; write 10s, or use ms, m, h or d
  6 |   connect: 10
    |            ^~
conf/pg.yaml:7:9: timeouts.idle: "1.5s" is not a whole number with one of the units ms, s, m, h, d
  7 |   idle: 1.5s
    |         ^~~~
conf/pg.yaml:8:13: timeouts.shutdown: "4000d" is longer than 3650d
  8 |   shutdown: 4000d
    |             ^~~~~
conf/pg.yaml:9:3: unknown key "timeouts.half-close"; did you mean "timeouts.half_close"?
  9 |   half-close: 1s
    |   ^~~~~~~~~~
)"},
    {"times that TCP cannot keep",
     persona_yaml + "tcp: {keepalive: 1500ms, user_timeout: 10h}\n",
     R"(
conf/pg.yaml:5:18: tcp.keepalive: expected whole seconds, at most 9h, or 0s, which switches it off, found 1500ms
  5 | tcp: {keepalive: 1500ms, user_timeout: 10h}
    |                  ^~~~~~
conf/pg.yaml:5:40: tcp.user_timeout: expected whole seconds, at most 9h, or 0s, which switches it off, found 10h
  5 | tcp: {keepalive: 1500ms, user_timeout: 10h}
    |                                        ^~~
)"},
    {"a limit out of range",
     persona_yaml + "limits: {connections: 0}\n",
     R"(
conf/pg.yaml:5:23: limits.connections: expected a whole number from 1 to 1000000, found "0"
  5 | limits: {connections: 0}
    |                       ^
)"},
    {"a limit that is no number",
     persona_yaml + "limits: {connections: many}\n",
     R"(
conf/pg.yaml:5:23: limits.connections: expected a whole number from 1 to 1000000, found "many"
  5 | limits: {connections: many}
    |                       ^~~~
)"},
    {"a negative number of threads",
     persona_yaml + "threads: -1\n",
     R"(
conf/pg.yaml:5:10: threads: expected auto or a whole number from 1 to 1024, found "-1"
  5 | threads: -1
    |          ^~
)"},
    {"log settings",
     persona_yaml + "log: {level: inof, format: xml, file: nowhere/x.log}\n",
     R"(
conf/pg.yaml:5:14: log.level: expected "debug", "info", "warn" or "error", found "inof"; did you mean "info"?
  5 | log: {level: inof, format: xml, file: nowhere/x.log}
    |              ^~~~
conf/pg.yaml:5:28: log.format: expected "text" or "json", found "xml"
  5 | log: {level: inof, format: xml, file: nowhere/x.log}
    |                            ^~~
conf/pg.yaml:5:39: log.file: no such folder: conf/nowhere
  5 | log: {level: inof, format: xml, file: nowhere/x.log}
    |                                       ^~~~~~~~~~~~~
)"},
    {"log.connections, and an audit file in no folder",
     persona_yaml + "log: {connections: open, audit: nowhere/x.log}\n",
     R"(
conf/pg.yaml:5:20: log.connections: expected "both" or "close", found "open"
  5 | log: {connections: open, audit: nowhere/x.log}
    |                    ^~~~
conf/pg.yaml:5:33: log.audit: no such folder: conf/nowhere
  5 | log: {connections: open, audit: nowhere/x.log}
    |                                 ^~~~~~~~~~~~~
)"},
    {"a log file that is a folder",
     persona_yaml + "log: {file: folder}\n",
     R"(
conf/pg.yaml:5:13: log.file: conf/folder is a folder, expected a file
  5 | log: {file: folder}
    |             ^~~~~~
)"},
    {"sizes of log files without a unit, too small, and numbers of them",
     persona_yaml + "log: {file: a.log, max_size: 64MB, max_files: 0}\n",
     R"(
conf/pg.yaml:5:30: log.max_size: "64MB" is not a whole number with one of the units B, KiB, MiB, GiB; did you mean 64MiB?
  5 | log: {file: a.log, max_size: 64MB, max_files: 0}
    |                              ^~~~
conf/pg.yaml:5:47: log.max_files: expected a whole number from 1 to 1000, found "0"
  5 | log: {file: a.log, max_size: 64MB, max_files: 0}
    |                                               ^
)"},
    {"a log file with room for nothing, and a misspelt key",
     persona_yaml + "log: {file: a.log, max_size: 1KiB, max_file: 3}\n",
     R"(
conf/pg.yaml:5:30: log.max_size: the smallest size is 4KiB; 0B lets the file grow without limit
  5 | log: {file: a.log, max_size: 1KiB, max_file: 3}
    |                              ^~~~
conf/pg.yaml:5:36: unknown key "log.max_file"; did you mean "log.max_files"?
  5 | log: {file: a.log, max_size: 1KiB, max_file: 3}
    |                                    ^~~~~~~~
)"},
    {"rotation of standard error",
     persona_yaml + "log: {max_size: 0B, max_files: 2}\n",
     R"(
conf/pg.yaml:5:17: warning: log.max_size: has no effect without log.file or log.audit
  5 | log: {max_size: 0B, max_files: 2}
    |                 ^~
conf/pg.yaml:5:32: warning: log.max_files: has no effect without log.file or log.audit
  5 | log: {max_size: 0B, max_files: 2}
    |                                ^
)"},
    {"a name with a space",
     persona_yaml + "name: my database\n",
     R"(
conf/pg.yaml:5:7: name: expected 1 to 64 letters, digits, '-', '_' or '.'
  5 | name: my database
    |       ^~~~~~~~~~~
)"},
    {"a truth value in other words",
     persona_yaml + "unsafe_listen: yes\n",
     R"(
conf/pg.yaml:5:16: unsafe_listen: expected "true" or "false", found "yes"
  5 | unsafe_listen: yes
    |                ^~~
)"},
    {"access for nobody",
     persona_yaml + "access: {allow: []}\n",
     R"(
conf/pg.yaml:5:17: access.allow: the list is empty
  5 | access: {allow: []}
    |                 ^
)"},
    {"bad address blocks",
     persona_yaml + "access:\n"
     "  allow: [10.0.0.1/8, localhost, \"::1/200\"]\n",
     R"(
conf/pg.yaml:6:11: access.allow: "10.0.0.1/8" has bits set after its prefix; write 10.0.0.0/8
  6 |   allow: [10.0.0.1/8, localhost, "::1/200"]
    |           ^~~~~~~~~~
conf/pg.yaml:6:23: access.allow: "localhost" is not an address block; write one like 10.0.0.0/8 or "::1/128"
  6 |   allow: [10.0.0.1/8, localhost, "::1/200"]
    |                       ^~~~~~~~~
conf/pg.yaml:6:34: access.allow: the prefix length of "::1/200" must be a number from 0 to 128
  6 |   allow: [10.0.0.1/8, localhost, "::1/200"]
    |                                  ^~~~~~~~~
)"},
    {"a column behind letters of several bytes",
     persona_yaml + "log: {file: \"bücher/x\", level: lüd}\n",
     R"(
conf/pg.yaml:5:13: log.file: no such folder: conf/bücher
  5 | log: {file: "bücher/x", level: lüd}
    |             ^~~~~~~~~~
conf/pg.yaml:5:32: log.level: expected "debug", "info", "warn" or "error", found "lüd"
  5 | log: {file: "bücher/x", level: lüd}
    |                                ^~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every wrong value is reported with what was expected") {
  const Folder folder;
  for (const Broken& broken : broken_values) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
