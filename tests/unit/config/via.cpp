// `gateway.via`.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

std::string through(const std::string& via, const std::string& more = "") {
  return "listen: 127.0.0.1:5432\ngateway:\n  address: db.example.com:5433\n  via: " + via + "\n" + more +
         rest;
}

// clang-format off
const std::vector<Broken> broken_ways = {
    {"a password in the URL, whose line is not shown", through("http://alice:secret@proxy:3128"), R"(
conf/pg.yaml:1:1: gateway.via in line 4: a password has no place in a configuration; write proxy: http://USER@HOST:PORT below via:, and password_file: FILE beside it
)"},
    {"the same below via:", through("{proxy: \"http://alice:secret@proxy:3128\", password_file: pg.key}"), R"(
conf/pg.yaml:1:1: gateway.via.proxy in line 4: a password has no place in a configuration; write proxy: http://USER@HOST:PORT below via:, and password_file: FILE beside it
)"},
    {"a user without a password", through("http://alice@proxy:3128"), R"(
conf/pg.yaml:4:8: gateway.via: a user needs a password: write proxy: and password_file: below via:
  4 |   via: http://alice@proxy:3128
    |        ^~~~~~~~~~~~~~~~~~~~~~~
)"},
    {"the same below via:", through("{proxy: \"http://alice@proxy:3128\"}"), R"(
conf/pg.yaml:4:16: gateway.via.proxy: a user needs a password: write proxy: and password_file: below via:
  4 |   via: {proxy: "http://alice@proxy:3128"}
    |                ^~~~~~~~~~~~~~~~~~~~~~~~~
)"},
    {"a password without a user", through("{proxy: \"http://proxy:3128\", password_file: pg.key}"), R"(
conf/pg.yaml:4:52: gateway.via.password_file: whose password is it? Write proxy: http://USER@HOST:PORT
  4 |   via: {proxy: "http://proxy:3128", password_file: pg.key}
    |                                                    ^~~~~~
)"},
    {"no proxy, and a password that is not there", through("{password_file: no.txt, pass: x}"), R"(
conf/pg.yaml:4:8: "gateway.via.proxy" is missing
  4 |   via: {password_file: no.txt, pass: x}
    |        ^
conf/pg.yaml:4:24: gateway.via.password_file: no such file: conf/no.txt
  4 |   via: {password_file: no.txt, pass: x}
    |                        ^~~~~~
conf/pg.yaml:4:32: unknown key "gateway.via.pass"
  4 |   via: {password_file: no.txt, pass: x}
    |                                ^~~~
)"},
    {"no URL", through("proxy:3128"), R"(
conf/pg.yaml:4:8: gateway.via: the kind of proxy is missing; write http://HOST:PORT or socks5://HOST:PORT
  4 |   via: proxy:3128
    |        ^~~~~~~~~~
)"},
    {"address blocks, which cannot be kept", through("http://proxy:3128", "  allowed_addresses: [\"*.example.com\", 10.0.0.0/8]\n"), R"(
conf/pg.yaml:5:22: gateway.allowed_addresses: address blocks cannot be kept with gateway.via: the proxy resolves the gateway's name, and persona does not learn the address; write names alone, and let the proxy's own rules restrict addresses
  5 |   allowed_addresses: ["*.example.com", 10.0.0.0/8]
    |                      ^
)"},
};
// clang-format on

}  // namespace

TEST_CASE("a gateway may be behind a proxy") {
  const Folder folder;
  const auto read = [&](const std::string& text) {
    const Loaded loaded = folder.parse(text);
    CHECK(folder.with_short_paths(loaded.report.render()).empty());
    return loaded.config.gateway.via;
  };
  CHECK_FALSE(read(persona_yaml));
  const auto plain =
      read(through("http://proxy.example.com:3128", "  allowed_addresses: [\"*.example.com\"]\n"));
  REQUIRE(plain);
  CHECK(plain->proxy.to_string() == "http://proxy.example.com:3128");
  CHECK_FALSE(plain->password_file);
  const auto with_user = read(through("{proxy: \"socks5://alice@127.0.0.1:1080\", password_file: pg.key}"));
  REQUIRE(with_user);
  CHECK(with_user->proxy.protocol == Proxy::Protocol::socks5);
  CHECK(with_user->proxy.user == "alice");
  REQUIRE(with_user->password_file);
  CHECK(with_user->password_file->value == folder.path() / "pg.key");
}

TEST_CASE("a way that cannot be gone is told") {
  const Folder folder;
  for (const Broken& broken : broken_ways) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
