// identity.windows_store and trust.windows_store. Whether the system has stores is not asked here.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

const std::string ends = "listen: 127.0.0.1:5432\ngateway: db.example.com:5433\n";

// clang-format off
const std::vector<Broken> broken_stores = {
    {"no selector",
     ends + "trust: {ca: ca.crt}\nidentity: {windows_store: LocalMachine\\My}\n",
     R"(
conf/pg.yaml:4:1: identity.windows_store needs one of thumbprint, subject and template, which say which certificate of the store is meant
  4 | identity: {windows_store: LocalMachine\My}
    | ^~~~~~~~
)"},
    {"two selectors, and files as well",
     ends + "trust: {ca: ca.crt}\nidentity: {windows_store: LocalMachine\\My, subject: app, template: Machine, certificate: pg.crt}\n",
     R"(
conf/pg.yaml:4:58: "identity.template" and "identity.subject" exclude each other: leave one out
  4 | identity: {windows_store: LocalMachine\My, subject: app, template: Machine, certificate: pg.crt}
    |                                                          ^~~~~~~~
conf/pg.yaml:4:77: "identity.certificate" and "identity.windows_store" exclude each other: the certificate and its key are in the store, or in files
  4 | identity: {windows_store: LocalMachine\My, subject: app, template: Machine, certificate: pg.crt}
    |                                                                             ^~~~~~~~~~~
)"},
    {"a selector of files",
     ends + "trust: {ca: ca.crt}\nidentity: {certificate: pg.crt, private_key: pg.key, subject: app}\n",
     R"(
conf/pg.yaml:4:54: "identity.subject" belongs to identity.windows_store: without that the identity is in files
  4 | identity: {certificate: pg.crt, private_key: pg.key, subject: app}
    |                                                      ^~~~~~~
)"},
    {"no store, no thumbprint, and no name",
     ends + "trust: {windows_store: \"\"}\nidentity: {windows_store: My, thumbprint: 00 11}\n",
     R"(
conf/pg.yaml:3:24: trust.windows_store: expected a certificate store such as CurrentUser\My or LocalMachine\My, found ""
  3 | trust: {windows_store: ""}
    |                        ^~
conf/pg.yaml:4:27: identity.windows_store: expected a certificate store such as CurrentUser\My or LocalMachine\My, found "My"
  4 | identity: {windows_store: My, thumbprint: 00 11}
    |                           ^~
conf/pg.yaml:4:43: identity.thumbprint: expected a thumbprint of 40 hexadecimal digits (SHA-1, as Windows shows it) or 64 (SHA-256), found "00 11"
  4 | identity: {windows_store: My, thumbprint: 00 11}
    |                                           ^~~~~
)"},
    {"an empty subject",
     ends + "trust: {ca: ca.crt}\nidentity: {windows_store: CurrentUser\\My, subject: \"\"}\n",
     R"(
conf/pg.yaml:4:52: identity.subject: expected what the certificate has, found ""
  4 | identity: {windows_store: CurrentUser\My, subject: ""}
    |                                                    ^~
)"},
    {"clients of any CA",
     "listen: 0.0.0.0:5433\nservice: 127.0.0.1:5432\nidentity: {certificate: pg.crt, private_key: pg.key}\n"
     "trust: {windows_store: Root}\n",
     R"(
conf/pg.yaml:4:24: warning: trust.windows_store: without clients.allow, whoever has a client certificate of any CA in that store may come in
  4 | trust: {windows_store: Root}
    |                        ^~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("an identity in a store is the store and what selects of it") {
  const Folder folder;
  const auto loaded = folder.parse(ends +
                                   "trust: {ca: ca.crt}\n"
                                   "identity: {windows_store: \"CurrentUser\\\\My\", subject: app1}\n");
  CHECK(loaded.report.render().empty());
  const auto& stored = loaded.config.identity.windows_store;
  REQUIRE(stored);
  CHECK(stored->value.store.to_string() == "CurrentUser\\My");
  CHECK(stored->value.selector == StoreSelector{StoreSelector::Kind::subject, "app1"});
  CHECK(stored->mark.line == 4);
  CHECK(loaded.config.identity.certificate.value.empty());
  const auto by_thumbprint =
      folder.parse(ends +
                   "trust: {ca: ca.crt}\nidentity:\n  windows_store: LocalMachine\\My\n  thumbprint: "
                   "00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00 11 22 33\n");
  CHECK(by_thumbprint.report.render().empty());
  REQUIRE(by_thumbprint.config.identity.windows_store);
  CHECK(by_thumbprint.config.identity.windows_store->value.selector.value ==
        "00112233445566778899aabbccddeeff00112233");
}

TEST_CASE("trust in a store stands beside files or in place of them; a name alone is the machine's") {
  const Folder folder;
  const std::string identity = "identity: {certificate: pg.crt, private_key: pg.key}\n";
  const auto alone = folder.parse(ends + identity + "trust: {windows_store: Root}\n");
  CHECK(alone.report.render().empty());
  REQUIRE(alone.config.trust.windows_store);
  CHECK(alone.config.trust.windows_store->value.to_string() == "LocalMachine\\Root");
  CHECK(alone.config.trust.ca.empty());
  const auto both = folder.parse(ends + identity +
                                 "trust: {windows_store: CurrentUser\\Root, ca: [ca.crt, next-ca.crt]}\n");
  CHECK(both.report.render().empty());
  REQUIRE(both.config.trust.windows_store);
  CHECK(both.config.trust.windows_store->value.to_string() == "CurrentUser\\Root");
  CHECK(both.config.trust.ca.size() == 2);
}

TEST_CASE("broken stores") {
  const Folder folder;
  for (const Broken& broken : broken_stores) {
    CAPTURE(broken.what);
    CHECK(folder.findings(broken.text) == broken.findings.substr(1));
  }
}
