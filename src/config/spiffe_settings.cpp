#include "spiffe_settings.hpp"

#include <fmt/format.h>

#include "uri_pattern.hpp"

namespace persona::config {

namespace {

constexpr Milliseconds shortest_wait{100};

/// As it is, or as the SPIFFE Workload Endpoint standard writes it in SPIFFE_ENDPOINT_SOCKET: unix:///PATH.
std::optional<Endpoint> read_socket(const Value& value) {
  const auto text = value.text();
  if (!text) {
    return std::nullopt;
  }
  constexpr std::string_view url = "unix:///";
  auto socket = Endpoint::parse(text->starts_with(url) ? "unix:/" + text->substr(url.size()) : *text);
  if (!socket || !socket->is_unix()) {
    value.error(
        fmt::format("expected the Unix socket of an agent, such as unix:/run/spire/agent.sock{}",
                    socket ? ": TCP tells an agent nothing of who asks" : ": " + socket.error().message));
    return std::nullopt;
  }
  return std::move(*socket);
}

}  // namespace

bool read_spiffe(Section& section, Identity& identity) {
  if (!section.has("spiffe")) {
    for (const char* key : {"spiffe_id", "spiffe_wait"}) {
      section.refuse(key, "belongs to identity.spiffe: without that no agent is asked");
    }
    return false;
  }
  const auto value = section.get("spiffe");
  for (const char* key : {"certificate", "private_key", "private_key_password_file", "windows_store"}) {
    section.refuse(key,
                   "and \"identity.spiffe\" exclude each other: the certificate and its key come from the "
                   "agent, or are elsewhere");
  }
  SpiffeAgent agent;
  if (const auto id = section.get("spiffe_id")) {
    if (const auto text = id->text()) {
      auto parsed = parse_spiffe_id(*text);
      parsed ? static_cast<void>(agent.id = std::move(*parsed)) : id->error(parsed.error().message);
    }
  }
  if (const auto wait = section.get("spiffe_wait")) {
    agent.patience = wait->duration().value_or(agent.patience);
    if (agent.patience < shortest_wait) {
      wait->error(fmt::format("expected {} at least: an agent needs a moment to answer",
                              format_duration(shortest_wait)));
    }
  }
  const auto socket = value ? read_socket(*value) : std::nullopt;
  agent.socket = socket.value_or(Endpoint());
  // A place without a socket: it was there, and its error has been reported.
  identity.spiffe = {std::move(agent), value ? value->mark() : Mark{1, 1}};
  return true;
}

}  // namespace persona::config
