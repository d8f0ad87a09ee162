// identity.spiffe. Whether this system has such agents is not asked here.
#include <vector>

#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

const std::string both_ends = "listen: 127.0.0.1:5432\ngateway: db.example.com:5433\n";

// clang-format off
const std::vector<Broken> broken_agents = {
    {"files as well, and another kind of store",
     both_ends + "identity: {spiffe: \"unix:/run/agent.sock\", certificate: pg.crt, private_key: pg.key, windows_store: LocalMachine\\My}\n",
     R"(
conf/pg.yaml:3:44: "identity.certificate" and "identity.spiffe" exclude each other: the certificate and its key come from the agent, or are elsewhere
  3 | identity: {spiffe: "unix:/run/agent.sock", certificate: pg.crt, private_key: pg.key, windows_store: LocalMachine\My}
    |                                            ^~~~~~~~~~~
conf/pg.yaml:3:65: "identity.private_key" and "identity.spiffe" exclude each other: the certificate and its key come from the agent, or are elsewhere
  3 | identity: {spiffe: "unix:/run/agent.sock", certificate: pg.crt, private_key: pg.key, windows_store: LocalMachine\My}
    |                                                                 ^~~~~~~~~~~
conf/pg.yaml:3:86: "identity.windows_store" and "identity.spiffe" exclude each other: the certificate and its key come from the agent, or are elsewhere
  3 | identity: {spiffe: "unix:/run/agent.sock", certificate: pg.crt, private_key: pg.key, windows_store: LocalMachine\My}
    |                                                                                      ^~~~~~~~~~~~~
)"},
    {"an agent by TCP",
     both_ends + "identity: {spiffe: \"127.0.0.1:8081\"}\n",
     R"(
conf/pg.yaml:3:20: identity.spiffe: expected the Unix socket of an agent, such as unix:/run/spire/agent.sock: TCP tells an agent nothing of who asks
  3 | identity: {spiffe: "127.0.0.1:8081"}
    |                    ^~~~~~~~~~~~~~~~
)"},
    {"what belongs to an agent, without one",
     both_ends + rest.substr(0, rest.find('}')) + ", spiffe_id: \"spiffe://example.org/db\"}\ntrust: {ca: ca.crt}\n",
     R"(
conf/pg.yaml:3:54: "identity.spiffe_id" belongs to identity.spiffe: without that no agent is asked
  3 | identity: {certificate: pg.crt, private_key: pg.key, spiffe_id: "spiffe://example.org/db"}
    |                                                      ^~~~~~~~~
)"},
    {"several IDs",
     both_ends + "identity: {spiffe: \"unix:/run/agent.sock\", spiffe_id: \"spiffe://example.org/*\"}\n",
     R"(
conf/pg.yaml:3:55: identity.spiffe_id: "spiffe://example.org/*" has a *; expected one SPIFFE ID, as written
  3 | identity: {spiffe: "unix:/run/agent.sock", spiffe_id: "spiffe://example.org/*"}
    |                                                       ^~~~~~~~~~~~~~~~~~~~~~~~
)"},
    {"no time to answer",
     both_ends + "identity: {spiffe: \"unix:/run/agent.sock\", spiffe_wait: 0s}\n",
     R"(
conf/pg.yaml:3:57: identity.spiffe_wait: expected 100ms at least: an agent needs a moment to answer
  3 | identity: {spiffe: "unix:/run/agent.sock", spiffe_wait: 0s}
    |                                                         ^~
)"},
    {"pushes that nobody waits for",
     both_ends + "identity: {spiffe: \"unix:/run/agent.sock\"}\nreload: {watch: false}\n",
     R"(
conf/pg.yaml:4:17: reload.watch: an SVID is renewed every hour or so, and would be used only after a SIGHUP: leave this key out, or identity.spiffe
  4 | reload: {watch: false}
    |                 ^~~~~
)"},
};
// clang-format on

}  // namespace

TEST_CASE("an agent is its socket, and its bundle needs no trust.ca") {
  const Folder folder;
  const auto loaded = folder.parse(both_ends + "identity: {spiffe: \"unix:/run/agent.sock\"}\n");
  CHECK(loaded.report.render().empty());
  REQUIRE(loaded.config.identity.spiffe);
  const SpiffeAgent& agent = loaded.config.identity.spiffe->value;
  CHECK(agent.socket.to_string() == "unix:/run/agent.sock");
  CHECK(agent.id.empty());
  CHECK(agent.patience == Milliseconds(30'000));
  CHECK(loaded.config.identity.spiffe->mark.line == 3);
  CHECK(loaded.config.identity.certificate.value.empty());
  CHECK(loaded.config.trust.ca.empty());
}

TEST_CASE("an agent as SPIFFE writes it, one of its IDs, and another trust") {
  const Folder folder;
  const auto loaded = folder.parse(
      "listen: 0.0.0.0:5433\nservice: 127.0.0.1:5432\ntrust: {ca: ca.crt}\n"
      "identity: {spiffe: \"unix:///run/agent.sock\", spiffe_id: \"spiffe://Example.org/db\", spiffe_wait: "
      "5s}\n");
  CHECK(loaded.report.render().empty());
  REQUIRE(loaded.config.identity.spiffe);
  const SpiffeAgent& agent = loaded.config.identity.spiffe->value;
  CHECK(agent.socket.to_string() == "unix:/run/agent.sock");
  CHECK(agent.id == "spiffe://example.org/db");
  CHECK(agent.patience == Milliseconds(5'000));
  CHECK(loaded.config.trust.ca.size() == 1);
}

TEST_CASE("broken agents") {
  const Folder folder;
  for (const Broken& broken : broken_agents) {
    CAPTURE(broken.what);
    CHECK(folder.findings(broken.text) == broken.findings.substr(1));
  }
}
