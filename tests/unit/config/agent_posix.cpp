#include <doctest/doctest.h>

#include "folder.hpp"
#include "persona/config/agent.hpp"

using namespace persona;
using namespace persona::config;
using namespace persona::config::test;

namespace {

LoadedAgent agent_of(const Folder& folder, std::string_view text) {
  return parse_agent(folder.path() / "agent.yaml", text);
}

}  // namespace

TEST_CASE("an agent's smallest file has the documented defaults, and a full one what it says") {
  const Folder folder;
  const LoadedAgent small = agent_of(folder,
                                     "listen: unix:/run/agent.sock\n"
                                     "keys: {certificate: pg.crt, private_key: pg.key}\n");
  CHECK(small.report.render().empty() == false);  // a map is no list
  const LoadedAgent loaded = agent_of(folder,
                                      "listen: unix:/run/agent.sock\n"
                                      "keys: [{certificate: pg.crt, private_key: pg.key}]\n");
  CHECK(loaded.report.render().empty());
  CHECK(loaded.agent.listen.value.to_string() == "unix:/run/agent.sock");
  CHECK_FALSE(loaded.agent.listen.mode);
  REQUIRE(loaded.agent.keys.size() == 1);
  CHECK(loaded.agent.keys[0].private_key.value.filename() == "pg.key");
  CHECK(loaded.agent.users.empty());
  CHECK_FALSE(loaded.agent.tls12);
  CHECK(loaded.agent.signatures_per_second == 5000);
  const LoadedAgent full = agent_of(folder,
                                    "listen: {address: unix:/run/agent.sock}\n"
                                    "allow_users: [persona, \"107\"]\n"
                                    "keys: [{certificate: pg.crt, private_key: pg.key}]\n"
                                    "tls12: true\n"
                                    "signatures_per_second: 7\n"
                                    "log: {level: warn, format: json}\n");
  CHECK(full.report.render().empty());
  CHECK(full.agent.listen.mode == 0666U);  // the list decides
  REQUIRE(full.agent.users.size() == 2);
  CHECK(full.agent.users[1].value == "107");
  CHECK(full.agent.tls12);
  CHECK(full.agent.signatures_per_second == 7);
  CHECK(full.agent.log.level == log::Level::warn);
}

TEST_CASE("private_key: agent:/PATH is the socket of an agent, and of nothing else") {
  const Folder folder;
  const auto with = [&](std::string_view identity) {
    return folder.parse("listen: 127.0.0.1:1\ngateway: db.example.com:2\ntrust: {ca: ca.crt}\nidentity: " +
                        std::string(identity) + "\n");
  };
  const Loaded loaded = with("{certificate: pg.crt, private_key: \"agent:/run/agent.sock\"}");
  CHECK(loaded.report.render().empty());
  REQUIRE(loaded.config.identity.agent);
  CHECK(loaded.config.identity.agent->value.to_string() == "unix:/run/agent.sock");
  CHECK(loaded.config.identity.private_key.value.empty());
  for (const auto& [identity, words] :
       {std::pair("{certificate: pg.crt, private_key: \"agent:run.sock\"}",
                  "an agent is named by its Unix socket, as in agent:/run/persona/agent.sock"),
        std::pair("{certificate: pg.crt, private_key: \"agent:/x\", private_key_password_file: pg.crt}",
                  "belongs to a key in a file; the agent has this one")}) {
    CHECK(with(identity).report.render().find(words) != std::string::npos);
  }
}
