#include "first_mistakes.hpp"

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/dialect/client_words.hpp"
#include "persona/dialect/mysql_refusal.hpp"
#include "persona/dialect/recognise.hpp"

namespace persona::forward {

std::optional<std::string> mistaken_gateway(const Endpoint& gateway, ByteView first_bytes) {
  const auto server = dialect::recognise(first_bytes);
  if (!server) {
    return std::nullopt;
  }
  const std::string name = gateway.to_string();
  if (server->starts_with("MySQL") || server->starts_with("MariaDB")) {
    const auto refusal = dialect::mysql_refusal(first_bytes);
    return fmt::format("{} is {} without TLS in front: set gateway.negotiate: mysql{}", name, *server,
                       refusal ? "; it says " + in_quotes(*refusal) : "");
  }
  if (*server == "PostgreSQL") {
    return mistaken_gateway(gateway, Inquiry::Answer::postgresql);
  }
  if (*server == "SQL Server") {
    return fmt::format("{} is SQL Server, whose TLS is inside its own protocol: put a gateway in front of it",
                       name);
  }
  if (*server == "Redis") {
    return fmt::format("{} is Redis without TLS: its TLS port is the one that its tls-port names", name);
  }
  return fmt::format("{} is {} without TLS: is it the right port?", name, *server);
}

std::string mistaken_gateway(const Endpoint& gateway, Inquiry::Answer answer) {
  switch (answer) {
    case Inquiry::Answer::nothing:
      return "";
    case Inquiry::Answer::postgresql:
      return fmt::format("{} is PostgreSQL without TLS in front: set gateway.negotiate: postgresql",
                         gateway.to_string());
    case Inquiry::Answer::postgresql_bare:
      return fmt::format(
          "{} is PostgreSQL without TLS in front, and its own is switched off (ssl = off): switch that "
          "on and set gateway.negotiate: postgresql, or put a gateway in front of it",
          gateway.to_string());
  }
  return "";
}

std::string_view hint_for_silence(const Endpoint& gateway) {
  switch (gateway.port) {
    case 1433:  // IANA: ms-sql-s
      return " (if it is SQL Server: its TLS is inside its own protocol, so put a gateway in front of it)";
    case 6379:  // IANA: redis
      return " (if it is Redis: its TLS port is the one that its tls-port names)";
    default:
      return "";
  }
}

std::optional<std::string> mistaken_client(ByteView first_bytes) {
  const auto words = dialect::words_of_client(first_bytes);
  if (!words) {
    return std::nullopt;
  }
  return fmt::format("the client speaks {} without TLS: {}", words->language, words->advice);
}

}  // namespace persona::forward
