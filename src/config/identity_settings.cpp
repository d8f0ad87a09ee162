#include "identity_settings.hpp"

#include <fmt/format.h>

#include "file_value.hpp"

namespace persona::config {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view agent_prefix = "agent:";

/// False: it is the name of a file.
bool read_agent(const Value& value, Identity& identity) {
  const auto text = value.kind() == Node::Kind::scalar ? value.text() : std::nullopt;
  if (!text || !text->starts_with(agent_prefix)) {
    return false;
  }
  identity.private_key.mark = value.mark();  // a place without a path, as for a file that is not there
  const auto place = Endpoint::parse("unix:" + text->substr(agent_prefix.size()));
  if (place) {
    identity.agent = {*place, value.mark()};
  } else {
    value.error(fmt::format("an agent is named by its Unix socket, as in agent:/run/persona/agent.sock: {}",
                            place.error().message));
  }
  return true;
}

}  // namespace

void read_identity(Section section, const fs::path& config_file, Identity& identity) {
  if (const auto value = section.require("certificate")) {
    identity.certificate = read_file(config_file, *value).value_or(identity.certificate);
  }
  if (section.has("private_key")) {
    // A place without a path: the key was there, and its error has been reported. Without the key the
    // certificate file must contain the private key, which a later stage checks.
    const auto value = section.get("private_key");
    const Located<fs::path> unusable{{}, value ? value->mark() : Mark{1, 1}};
    if (!value || !read_agent(*value, identity)) {
      identity.private_key = value ? read_file(config_file, *value).value_or(unusable) : unusable;
    }
  }
  if (identity.agent) {
    section.refuse("private_key_password_file", "belongs to a key in a file; the agent has this one");
  } else if (const auto value = section.get("private_key_password_file")) {
    identity.private_key_password_file = read_file(config_file, *value);
  }
  section.finish();
}

}  // namespace persona::config
