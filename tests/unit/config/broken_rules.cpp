// Broken rules of where we may go and what is trusted there.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config::test;

namespace {

const std::string dial_yaml = "listen: 127.0.0.1:1\n" + rest + "gateway:\n  address: db.example.com:1\n";

// clang-format off
const std::vector<Broken> broken_rules = {
    {"where nothing may go",
     dial_yaml + "  allowed_addresses: []\n",
     R"(
conf/pg.yaml:6:22: gateway.allowed_addresses: the list is empty
  6 |   allowed_addresses: []
    |                      ^
)"},
    {"names that are too wide",
     dial_yaml + "  allowed_addresses: [\"*\", \"*.com\", \"*.com.\", \"db.*\", \"a*.example.com\", \"*.*.example.com\", \"*example.com\", \"*.example.com\"]\n",
     R"(
conf/pg.yaml:6:23: gateway.allowed_addresses: "*" would allow any name; leave gateway.allowed_addresses out for that
  6 |   allowed_addresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.co...
    |                       ^~~
conf/pg.yaml:6:28: gateway.allowed_addresses: "*.com" would allow every name below "com"; write at least two labels after the *
  6 |   allowed_addresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.co...
    |                            ^~~~~~~
conf/pg.yaml:6:37: gateway.allowed_addresses: "*.com." would allow every name below "com"; write at least two labels after the *
  6 |   allowed_addresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.co...
    |                                     ^~~~~~~~
conf/pg.yaml:6:47: gateway.allowed_addresses: "db.*" has a * where it has no meaning; it may stand only for the whole beginning of a name, as in "*.example.com"
  6 |   allowed_addresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.co...
    |                                               ^~~~~~
conf/pg.yaml:6:55: gateway.allowed_addresses: "a*.example.com" has a * where it has no meaning; it may stand only for the whole beginning of a name, as in "*.example.com"
  6 |   allowed_addresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.co...
    |                                                       ^~~~~~~~~~~~~~~~
conf/pg.yaml:6:73: gateway.allowed_addresses: "*.*.example.com" has a * where it has no meaning; it may stand only for the whole beginning of a name, as in "*.example.com"
  6 | ...dresses: ["*", "*.com", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.com"]
    |                                                                ^~~~~~~~~~~~~~~~~
conf/pg.yaml:6:92: gateway.allowed_addresses: "*example.com" has a * where it has no meaning; it may stand only for the whole beginning of a name, as in "*.example.com"
  6 | ...om", "*.com.", "db.*", "a*.example.com", "*.*.example.com", "*example.com", "*.example.com"]
    |                                                                ^~~~~~~~~~~~~~
)"},
    {"what is no name",
     dial_yaml + "  allowed_addresses: [\"https://db.example.com/\", db.example.com:5433, \"unix:/run/x\", bücher.example, \"\", \".\", db..example.com, \"127.1\", \"*.10.0.0.1\", \"[::1]\", \"fe80::1%eth0\", db.example.com]\n",
     R"(
conf/pg.yaml:6:23: gateway.allowed_addresses: "https://db.example.com/" is a URL; write only its host
  6 |   allowed_addresses: ["https://db.example.com/", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..exampl...
    |                       ^~~~~~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:6:50: gateway.allowed_addresses: "db.example.com:5433" has a port; write "db.example.com"
  6 |   allowed_addresses: ["https://db.example.com/", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..exampl...
    |                                                  ^~~~~~~~~~~~~~~~~~~
conf/pg.yaml:6:71: gateway.allowed_addresses: "unix:/run/x" is not an address block; write one like 10.0.0.0/8 or "::1/128"
  6 | ...addresses: ["https://db.example.com/", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..example.com, "12...
    |                                                                ^~~~~~~~~~~~~
conf/pg.yaml:6:86: gateway.allowed_addresses: "bücher.example" has letters that no DNS name has; write its xn-- form
  6 | ...tps://db.example.com/", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0...
    |                                                                ^~~~~~~~~~~~~~
conf/pg.yaml:6:102: gateway.allowed_addresses: expected a name or an address block, found ""
  6 | ....com/", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "f...
    |                                                                ^~
conf/pg.yaml:6:106: gateway.allowed_addresses: "." is not a host name, an address or an address block
  6 | .../", db.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80:...
    |                                                                ^~~
conf/pg.yaml:6:111: gateway.allowed_addresses: "db..example.com" is not a host name, an address or an address block
  6 | ...b.example.com:5433, "unix:/run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80::1%et...
    |                                                                ^~~~~~~~~~~~~~~
conf/pg.yaml:6:128: gateway.allowed_addresses: "127.1" is not a host name, an address or an address block
  6 | ...3, "unix:/run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80::1%eth0", db.example.c...
    |                                                                ^~~~~~~
conf/pg.yaml:6:137: gateway.allowed_addresses: "*.10.0.0.1" is not a host name, an address or an address block
  6 | .../run/x", bücher.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80::1%eth0", db.example.com]
    |                                                                ^~~~~~~~~~~~
conf/pg.yaml:6:151: gateway.allowed_addresses: "[::1]" is not a host name, an address or an address block
  6 | ...r.example, "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80::1%eth0", db.example.com]
    |                                                                ^~~~~~~
conf/pg.yaml:6:160: gateway.allowed_addresses: "fe80::1%eth0" is not a host name, an address or an address block
  6 | ..., "", ".", db..example.com, "127.1", "*.10.0.0.1", "[::1]", "fe80::1%eth0", db.example.com]
    |                                                                ^~~~~~~~~~~~~~
)"},
    {"blocks that are none",
     dial_yaml + "  allowed_addresses: [10.0.0.1/8, \"::1/200\", db.example.com/24, \"::ffff:10.0.0.1/104\"]\n",
     R"(
conf/pg.yaml:6:23: gateway.allowed_addresses: "10.0.0.1/8" has bits set after its prefix; write 10.0.0.0/8
  6 |   allowed_addresses: [10.0.0.1/8, "::1/200", db.example.com/24, "::ffff:10.0.0.1/104"]
    |                       ^~~~~~~~~~
conf/pg.yaml:6:35: gateway.allowed_addresses: the prefix length of "::1/200" must be a number from 0 to 128
  6 |   allowed_addresses: [10.0.0.1/8, "::1/200", db.example.com/24, "::ffff:10.0.0.1/104"]
    |                                   ^~~~~~~~~
conf/pg.yaml:6:46: gateway.allowed_addresses: "db.example.com/24" is not an address block; write one like 10.0.0.0/8 or "::1/128"
  6 |   allowed_addresses: [10.0.0.1/8, "::1/200", db.example.com/24, "::ffff:10.0.0.1/104"]
    |                                              ^~~~~~~~~~~~~~~~~
conf/pg.yaml:6:65: gateway.allowed_addresses: "::ffff:10.0.0.1/104" has bits set after its prefix; write 10.0.0.0/8
  6 |   allowed_addresses: [10.0.0.1/8, "::1/200", db.example.com/24, "::ffff:10.0.0.1/104"]
    |                                                                 ^~~~~~~~~~~~~~~~~~~~~
)"},
    {"addresses twice",
     dial_yaml + "  allowed_addresses: [db.example.com, DB.example.com., 10.0.0.0/8, \"::ffff:10.0.0.0/104\"]\n",
     R"(
conf/pg.yaml:6:39: gateway.allowed_addresses: "DB.example.com." is listed twice
  6 |   allowed_addresses: [db.example.com, DB.example.com., 10.0.0.0/8, "::ffff:10.0.0.0/104"]
    |                                       ^~~~~~~~~~~~~~~
conf/pg.yaml:6:68: gateway.allowed_addresses: "::ffff:10.0.0.0/104" is listed twice
  6 |   allowed_addresses: [db.example.com, DB.example.com., 10.0.0.0/8, "::ffff:10.0.0.0/104"]
    |                                                                    ^~~~~~~~~~~~~~~~~~~~~
)"},
    {"a gateway that may not be dialled by name",
     dial_yaml + "  allowed_addresses: [\"*.db.example.com\", 10.0.0.0/8]\n",
     R"(
conf/pg.yaml:5:12: gateway.address: db.example.com matches no name in gateway.allowed_addresses (*.db.example.com); it could never be dialled
  5 |   address: db.example.com:1
    |            ^~~~~~~~~~~~~~~~
)"},
    {"gateways that may not be dialled by address",
     "listen: 127.0.0.1:1\n"
     "gateway:\n"
     "  address: [\"10.0.0.1:1\", \"11.0.0.1:1\", \"[::1]:1\"]\n"
     "  allowed_addresses: 10.0.0.0/8\n" + rest,
     R"(
conf/pg.yaml:3:27: gateway.address: 11.0.0.1 is not in gateway.allowed_addresses (10.0.0.0/8); it could never be dialled
  3 |   address: ["10.0.0.1:1", "11.0.0.1:1", "[::1]:1"]
    |                           ^~~~~~~~~~~~
conf/pg.yaml:3:41: gateway.address: ::1 is not in gateway.allowed_addresses (10.0.0.0/8); it could never be dialled
  3 |   address: ["10.0.0.1:1", "11.0.0.1:1", "[::1]:1"]
    |                                         ^~~~~~~~~
)"},
    {"a numeric gateway and only names",
     "listen: 127.0.0.1:1\n"
     "gateway: {address: \"10.0.0.1:1\", allowed_addresses: [\"*.example.com\"]}\n" + rest,
     R"(
conf/pg.yaml:2:20: gateway.address: 10.0.0.1 matches no name in gateway.allowed_addresses (*.example.com); it could never be dialled
  2 | gateway: {address: "10.0.0.1:1", allowed_addresses: ["*.example.com"]}
    |                    ^~~~~~~~~~~~
)"},
    {"pins",
     dial_yaml + "  pins:\n"
     "    - sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
     "    - 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
     "    - e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
     "    - sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
     R"(
conf/pg.yaml:8:7: gateway.pins: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" has no sha256// in front; write sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
  8 |     - 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    |       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:9:7: gateway.pins: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" is hexadecimal; is this a certificate's fingerprint? A pin is the hash of its public key in Base64: sha256// and the 44 characters that "persona pki show FILE" prints
  9 |     - e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    |       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
conf/pg.yaml:10:7: gateway.pins: "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" is listed twice
  10 |     - sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
     |       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
    {"no pins",
     dial_yaml + "  pins: []\n",
     R"(
conf/pg.yaml:6:9: gateway.pins: the list is empty
  6 |   pins: []
    |         ^
)"},
    {"pins alone, and none",
     dial_yaml + "  verify: pins\n",
     R"(
conf/pg.yaml:6:11: gateway.verify: without gateway.pins nothing would tell the gateway from others with a certificate of the same CA; persona pki show FILE prints the pin of its certificate
  6 |   verify: pins
    |           ^~~~
)"},
    {"a verification that there is not",
     dial_yaml + "  verify: none\n  server_name: https://db.example.com\n",
     R"(
conf/pg.yaml:6:11: gateway.verify: expected "name" or "pins", found "none"
  6 |   verify: none
    |           ^~~~
conf/pg.yaml:7:16: gateway.server_name: "https://db.example.com" is neither a host name nor a SPIFFE ID; those begin with spiffe://
  7 |   server_name: https://db.example.com
    |                ^~~~~~~~~~~~~~~~~~~~~~
)"},
    {"a SPIFFE ID with a pattern",
     dial_yaml + "  server_name: spiffe://example.com/*\n",
     R"(
conf/pg.yaml:6:16: gateway.server_name: "spiffe://example.com/*" has a *; expected one SPIFFE ID, as written
  6 |   server_name: spiffe://example.com/*
    |                ^~~~~~~~~~~~~~~~~~~~~~
)"},
    {"CRLs",
     "listen: 127.0.0.1:1\n"
     "gateway: db.example.com:1\n"
     "identity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {ca: ca.crt, crl: [none.crl, folder], crl_expired: ignore}\n",
     R"(
conf/pg.yaml:4:27: trust.crl: no such file: conf/none.crl
  4 | trust: {ca: ca.crt, crl: [none.crl, folder], crl_expired: ignore}
    |                           ^~~~~~~~
conf/pg.yaml:4:37: trust.crl: conf/folder is a folder, expected a file
  4 | trust: {ca: ca.crt, crl: [none.crl, folder], crl_expired: ignore}
    |                                     ^~~~~~
conf/pg.yaml:4:59: trust.crl_expired: expected "refuse" or "allow", found "ignore"
  4 | trust: {ca: ca.crt, crl: [none.crl, folder], crl_expired: ignore}
    |                                                           ^~~~~~
)"},
    {"CRLs that are not there and may expire",
     "listen: 127.0.0.1:1\n"
     "gateway: db.example.com:1\n"
     "identity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {ca: ca.crt, crl_expired: allow, on_revocation: cut}\n",
     R"(
conf/pg.yaml:4:34: warning: trust.crl_expired: has no effect without trust.crl
  4 | trust: {ca: ca.crt, crl_expired: allow, on_revocation: cut}
    |                                  ^~~~~
conf/pg.yaml:4:56: warning: trust.on_revocation: has no effect without trust.crl
  4 | trust: {ca: ca.crt, crl_expired: allow, on_revocation: cut}
    |                                                        ^~~
)"},
    {"a reload that never rests",
     persona_yaml + "reload: {watch: maybe, interval: 1ms}\n",
     R"(
conf/pg.yaml:5:17: reload.watch: expected "true" or "false", found "maybe"
  5 | reload: {watch: maybe, interval: 1ms}
    |                 ^~~~~
conf/pg.yaml:5:34: reload.interval: the shortest interval is 100ms; 0s switches it off
  5 | reload: {watch: maybe, interval: 1ms}
    |                                  ^~~
)"},
    {"a probe on the other end",
     gateway_yaml + "reload: {probe: false}\n",
     R"(
conf/pg.yaml:5:10: "reload.probe" belongs to a file with "gateway": the probe is a dial to it
  5 | reload: {probe: false}
    |          ^~~~~
)"},
    {"a limit of handshakes where clients have none",
     persona_yaml + "limits: {handshakes: 5, per_source: 0}\n",
     R"(
conf/pg.yaml:5:10: "limits.handshakes" belongs to a file with "service": clients of this end are not asked to prove who they are; access and limits.per_source restrict them
  5 | limits: {handshakes: 5, per_source: 0}
    |          ^~~~~~~~~~
conf/pg.yaml:5:37: limits.per_source: expected a whole number from 1 to 1000000, found "0"
  5 | limits: {handshakes: 5, per_source: 0}
    |                                     ^
)"},
    {"an age without a unit",
     persona_yaml + "limits: {max_age: 3600}\n",
     R"(
conf/pg.yaml:5:19: limits.max_age: "3600" has no unit; write 3600s, or use ms, m, h or d
  5 | limits: {max_age: 3600}
    |                   ^~~~
)"},
    {"limits of strangers that are none",
     gateway_yaml + "limits: {handshakes: none}\n",
     R"(
conf/pg.yaml:5:22: limits.handshakes: expected a whole number from 1 to 1000000, found "none"
  5 | limits: {handshakes: none}
    |                      ^~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every wrong rule for gateways is reported with what it would mean or what to write") {
  const Folder folder;
  for (const Broken& broken : broken_rules) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
