#include "identity_settings.hpp"

#include <fmt/format.h>

#include "file_value.hpp"
#include "spiffe_settings.hpp"
#include "store_settings.hpp"

namespace persona::config {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view agent_prefix = "agent:";
constexpr std::string_view token_prefix = "pkcs11:";

/// Nothing: it is the name of a file. What the URI says is looked at by a later stage.
std::optional<Located<std::string>> read_token(const Value& value) {
  auto text = value.kind() == Node::Kind::scalar ? value.text() : std::nullopt;
  if (!text || !text->starts_with(token_prefix)) {
    return std::nullopt;
  }
  if (text->find("pin-value=") != std::string::npos) {
    value.error_unseen(
        "a configuration is no place for a PIN, which others could read there: write it to a file of its "
        "own, "
        "and name that by pin-source instead of pin-value");
    text->clear();
  }
  return Located<std::string>{std::move(*text), value.mark()};
}

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
  if (read_spiffe(section, identity) || read_windows_store(section, identity)) {
    section.finish();
    return;
  }
  const auto certificate = section.require("certificate");
  if (certificate) {
    identity.token_certificate = read_token(*certificate);
    if (identity.token_certificate) {
      identity.certificate.mark = certificate->mark();
    } else {
      identity.certificate = read_file(config_file, *certificate).value_or(identity.certificate);
    }
  }
  if (section.has("private_key")) {
    // A place without a path: the key was there, and its error has been reported. Without the key the
    // certificate file must contain the private key, which a later stage checks.
    const auto value = section.get("private_key");
    identity.private_key.mark = value ? value->mark() : Mark{1, 1};
    identity.token_key = value ? read_token(*value) : std::nullopt;
    if (value && !identity.token_key && !read_agent(*value, identity)) {
      identity.private_key = read_file(config_file, *value).value_or(identity.private_key);
    }
  }
  if (identity.token_certificate && !identity.token_key) {
    certificate->error(
        "a certificate on a token is for a key on one: let private_key be its pkcs11: URI too");
  }
  if (identity.agent) {
    section.refuse("private_key_password_file", "belongs to a key in a file; the agent has this one");
  } else if (identity.token_key) {
    section.refuse("private_key_password_file",
                   "belongs to a key in a file; a token's PIN is in the file that pin-source names");
  } else if (const auto value = section.get("private_key_password_file")) {
    identity.private_key_password_file = read_file(config_file, *value);
  }
  section.finish();
}

}  // namespace persona::config
