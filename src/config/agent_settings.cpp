#include <utility>

#include "access_settings.hpp"
#include "identity_settings.hpp"
#include "listen_settings.hpp"
#include "log_settings.hpp"
#include "persona/config/agent.hpp"
#include "root.hpp"
#include "value.hpp"

namespace persona::config {

namespace {

constexpr std::uint64_t highest_rate = 1'000'000;
constexpr std::size_t most_keys = 1000;

void read_where(const Value& value, Config& common) {
  read_listen(value, true, common);
  for (const Listen& listen : common.listen) {
    if (!listen.value.is_unix()) {
      value.error(
          "an agent listens on a Unix socket alone, as unix:/run/persona/agent.sock: only there the "
          "system tells who asks");
      return;
    }
  }
  if (common.listen.size() > 1) {
    value.error("an agent listens on one Unix socket; leave the others out");
  }
}

void read_keys(const Value& value, Agent& agent) {
  const auto items = value.one_or_list();
  if (items.size() > most_keys) {
    value.error("an agent has at most 1000 keys");
    return;
  }
  for (const Value& item : items) {
    Identity key;
    read_identity(item.section(), agent.file, key);
    if (key.agent) {
      item.error("the key of an agent is in a file or on a token; it asks no other agent");
    }
    if (key.windows_store) {
      item.error("the key of an agent is in a file, not in a certificate store");
    }
    if (key.spiffe) {
      item.error("the key of an agent is in a file or on a token; a persona asks SPIFFE's agent itself");
    }
    agent.keys.push_back(std::move(key));
  }
}

void read(Section root, LoadedAgent& loaded) {
  Agent& agent = loaded.agent;
  Config common;
  common.file = agent.file;
  if (const auto users = root.get("allow_users")) {
    for (const Value& item : users->one_or_list()) {
      if (auto user = read_account(item, "user")) {
        agent.users.push_back(std::move(*user));
      }
    }
    common.access.allow_users = agent.users;  // for the mode that follows
  }
  if (const auto listen = root.require("listen")) {
    read_where(*listen, common);
  }
  if (const auto keys = root.require("keys")) {
    read_keys(*keys, agent);
  }
  if (const auto tls12 = root.get("tls12")) {
    agent.tls12 = tls12->boolean().value_or(false);
  }
  if (const auto rate = root.get("signatures_per_second")) {
    agent.signatures_per_second =
        static_cast<unsigned>(rate->integer(1, highest_rate).value_or(Agent::default_rate));
  }
  Section log = root.section("log");
  for (const char* key : {"connections", "audit"}) {
    log.refuse(key, "belongs to a service; an agent writes one line for each signature");
  }
  read_log(std::move(log), common);
  agent.log = common.log;
  complete_listen(common, loaded.report);
  if (!common.listen.empty()) {
    agent.listen = std::move(common.listen.front());
  }
  root.finish();
}

}  // namespace

LoadedAgent parse_agent(const std::filesystem::path& file, std::string_view text) {
  LoadedAgent loaded;
  loaded.agent.file = file;
  if (const auto root = read_root(file, text, "listen and keys", loaded.report)) {
    read(Section(loaded.report, &*root, ""), loaded);
  }
  return loaded;
}

LoadedAgent load_agent(const std::filesystem::path& file) {
  LoadedAgent loaded;
  loaded.agent.file = file;
  const auto text = read_text(file, loaded.report);
  return text ? parse_agent(file, *text) : std::move(loaded);
}

}  // namespace persona::config
