// MySQL and MariaDB that refuse a client before it has said a word.
#pragma once

#include <optional>
#include <string>

#include "persona/base/bytes.hpp"

namespace persona::dialect {

/// The server's words ("Too many connections", "Host '...' is blocked ..."), cut if they are long, and
/// otherwise as they are: show them by in_quotes(). Nothing if the bytes are not the beginning of an ERR
/// packet in place of a greeting (https://mariadb.com/kb/en/err_packet/).
std::optional<std::string> mysql_refusal(ByteView first_bytes);

}  // namespace persona::dialect
