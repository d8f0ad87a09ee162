// Which protocol it is by its first bytes: for messages about a peer that is not what was expected.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/bytes.hpp"

namespace persona::dialect {

/// What recognise() calls a server that answers with TLS.
inline constexpr std::string_view tls_server = "a TLS server";

/// What a server that sent these bytes first is, as words for the middle of a sentence: "MariaDB 10.11.6",
/// "MySQL 8.0.36", "PostgreSQL", "SQL Server", "Redis", "a TLS server", "an SSH server", "an HTTP server",
/// "an SMTP server" and the like. A guess, since anybody can send anything; printable ASCII.
///
/// Greetings, and how servers complain of what they do not understand. PostgreSQL's one-byte answer to an
/// SSLRequest is not enough to recognise it.
std::optional<std::string> recognise(ByteView first_bytes);

}  // namespace persona::dialect
