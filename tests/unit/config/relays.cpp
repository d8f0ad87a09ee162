// `listen.proxy_protocol`, and `service` as a map.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

const std::string with_service = "service: 127.0.0.1:5432\n" + rest;

// clang-format off
const std::vector<Broken> broken_relays = {
    {"a Unix socket, and nobody",
     "listen:\n"
     "  - {address: \"unix:/run/a\", proxy_protocol: {from: 10.0.0.0/8}}\n"
     "  - {address: 127.0.0.1:1, proxy_protocol: {}}\n"
     "  - {address: 127.0.0.1:2, proxy_protocol: {from: []}}\n" + with_service, R"(
conf/pg.yaml:2:30: "listen.proxy_protocol" belongs to an address: who may send PROXY headers is known by theirs
  2 |   - {address: "unix:/run/a", proxy_protocol: {from: 10.0.0.0/8}}
    |                              ^~~~~~~~~~~~~~
conf/pg.yaml:3:44: "listen.proxy_protocol.from" is missing
  3 |   - {address: 127.0.0.1:1, proxy_protocol: {}}
    |                                            ^
conf/pg.yaml:4:51: listen.proxy_protocol.from: the list is empty
  4 |   - {address: 127.0.0.1:2, proxy_protocol: {from: []}}
    |                                                   ^
)"},
    {"administrators",
     "listen: 127.0.0.1:1\nadmin: {listen: {address: 127.0.0.1:2, proxy_protocol: {from: 10.0.0.0/8}}}\n" + with_service, R"(
conf/pg.yaml:2:17: admin.listen: administrators come without PROXY headers; leave proxy_protocol out
  2 | admin: {listen: {address: 127.0.0.1:2, proxy_protocol: {from: 10.0.0.0/8}}}
    |                 ^
)"},
    {"a service as a map",
     "listen: 127.0.0.1:1\nservice: {adress: 127.0.0.1:2, proxy_protocol: v1}\n" + rest, R"(
conf/pg.yaml:2:11: unknown key "service.adress"; did you mean "service.address"?
  2 | service: {adress: 127.0.0.1:2, proxy_protocol: v1}
    |           ^~~~~~
conf/pg.yaml:2:48: service.proxy_protocol: expected "v2", found "v1"
  2 | service: {adress: 127.0.0.1:2, proxy_protocol: v1}
    |                                                ^~
)"},
};
// clang-format on

Config read_relays_of(const std::string& text) {
  const Folder folder;
  const Loaded loaded = folder.parse(text);
  CHECK(folder.with_short_paths(loaded.report.render()).empty());
  return loaded.config;
}

}  // namespace

TEST_CASE("load balancers may be named for each address") {
  const Config config = read_relays_of(
      "listen: [127.0.0.1:1, {address: 127.0.0.1:2, proxy_protocol: {from: [10.0.0.0/8, \"::1\"]}}]\n" +
      with_service);
  REQUIRE(config.listen.size() == 2);
  CHECK_FALSE(config.listen[0].relays);
  REQUIRE(config.listen[1].relays);
  CHECK(*config.listen[1].relays == std::vector<Cidr>{*Cidr::parse("10.0.0.0/8"), *Cidr::parse("::1/128")});
  Listen other = config.listen[1];
  CHECK(is_same(config.listen[1], other));
  other.relays->pop_back();
  CHECK_FALSE(is_same(config.listen[1], other));
}

TEST_CASE("a service may be told who its clients are") {
  CHECK_FALSE(read_relays_of("listen: 127.0.0.1:1\n" + with_service).introduces_clients);
  const Config config =
      read_relays_of("listen: 127.0.0.1:1\nservice: {address: \"unix:/run/a\", proxy_protocol: v2}\n" + rest);
  CHECK(config.introduces_clients);
  CHECK(config.service->value.path == "/run/a");
}

TEST_CASE("relays that cannot be are told") {
  const Folder folder;
  for (const Broken& broken : broken_relays) {
    CAPTURE(broken.what);
    CHECK("\n" + folder.findings(broken.text) == broken.findings);
  }
}
