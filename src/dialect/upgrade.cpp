#include "persona/dialect/upgrade.hpp"

#include <fmt/format.h>

#include "persona/dialect/recognise.hpp"
#include "upgrades.hpp"

namespace persona::dialect {

std::unique_ptr<Upgrade> Upgrade::create(Protocol protocol) {
  switch (protocol) {
    case Protocol::postgresql:
      return postgresql_upgrade();
    case Protocol::mysql:
      return mysql_upgrade();
    case Protocol::redis:
    case Protocol::mssql:
      break;
  }
  return nullptr;
}

Dialogue::State Negotiation::received(ByteView bytes, Buffer& to_server) {
  if (bytes.empty() || state() == State::failed) {
    return state();
  }
  switch (state()) {
    case State::wants_server:
      return look(bytes, to_server);
    case State::wants_client:
    case State::agreed:
      return fail_out_of_turn();
    case State::failed:
      break;
  }
  return state();
}

void Negotiation::ended() {
  if (state() == State::wants_server || state() == State::wants_client) {
    fail(ended_early());
  }
}

Dialogue::State Negotiation::fail_out_of_turn() {
  return fail(
      "sent something unasked before TLS, which somebody between it and persona may have added "
      "(CVE-2021-23222): the connection is not used");
}

Dialogue::State Negotiation::fail_as_another(ByteView first_bytes, std::string_view expected) {
  const std::string server = recognise(first_bytes).value_or("");
  if (server.empty()) {
    return fail(
        fmt::format("does not speak {}'s protocol: look at its address and at gateway.negotiate", expected));
  }
  if (server == tls_server) {
    return fail("speaks TLS without being asked for it: remove gateway.negotiate");
  }
  const bool negotiable =
      server.starts_with("MySQL") || server.starts_with("MariaDB") || server == "PostgreSQL";
  return fail(fmt::format("is {} and not {}: {}", server, expected,
                          !negotiable              ? "look at its address and at gateway.negotiate"
                          : server == "PostgreSQL" ? "set gateway.negotiate: postgresql"
                                                   : "set gateway.negotiate: mysql"));
}

}  // namespace persona::dialect
