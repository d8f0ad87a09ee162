#include "persona/base/protocol.hpp"

namespace persona {

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::postgresql:
      return "postgresql";
    case Protocol::mysql:
      return "mysql";
    case Protocol::redis:
      return "redis";
    case Protocol::mssql:
      return "mssql";
  }
  return "unknown";
}

std::optional<Protocol> parse_protocol(std::string_view word) {
  for (const Protocol protocol : {Protocol::postgresql, Protocol::mysql, Protocol::redis, Protocol::mssql}) {
    if (word == to_string(protocol)) {
      return protocol;
    }
  }
  return std::nullopt;
}

}  // namespace persona
