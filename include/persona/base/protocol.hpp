// What databases' clients speak.
#pragma once

#include <optional>
#include <string_view>

namespace persona {

/// `protocol:`, the dialect of a service's plaintext side. MariaDB's is MySQL's; SQL Server's is TDS.
enum class Protocol { postgresql, mysql, redis, mssql };

/// As the configuration names it; nothing for another word.
std::optional<Protocol> parse_protocol(std::string_view word);

std::string_view to_string(Protocol protocol);

}  // namespace persona
