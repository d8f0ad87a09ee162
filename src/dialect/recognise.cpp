#include "persona/dialect/recognise.hpp"

#include <algorithm>
#include <string_view>

#include "mysql_packets.hpp"
#include "numbers.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t longest_looked_at = 512;  // of a line
constexpr std::size_t longest_error = 30'000;   // libpq takes no longer ErrorResponse

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// A severity comes first (documentation of the protocol 3.0, "ErrorResponse").
bool is_postgresql_error(ByteView bytes) {
  return bytes.size() > 5 && bytes[0] == 'E' && big_endian_32(bytes, 1) >= 6 &&
         big_endian_32(bytes, 1) <= longest_error && bytes[5] == 'S';
}

// [MS-TDS] 2.2.3.1: a tabular result that is a whole message, from no process yet.
bool is_tabular_result(ByteView bytes) {
  return bytes.size() >= 8 && bytes[0] == 4 && bytes[1] == 1 && big_endian_16(bytes, 2) > 8 && bytes[7] == 0;
}

// A content type and the major version of all TLS there is (RFC 8446 section 5.1).
bool is_tls(ByteView bytes) {
  return bytes.size() >= 3 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 3 && bytes[2] <= 4;
}

// "-ERR ...", "-DENIED Redis ...", "-NOAUTH ...": a word in capitals. A POP3 server that greets with an error
// looks the same, but they do not.
bool is_redis(std::string_view text) {
  if (text.starts_with("+PONG\r\n") || text.starts_with("+OK\r\n")) {
    return true;
  }
  if (!text.starts_with('-')) {
    return false;
  }
  const auto end =
      std::find_if_not(text.begin() + 1, text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return end - text.begin() >= 4 && end != text.end() && *end == ' ';
}

// SMTP (RFC 5321 section 4.2) and FTP (RFC 959 section 4.2) begin with the same codes.
std::optional<std::string> by_reply_code(std::string_view text) {
  const std::string_view code = text.substr(0, 3);
  const bool is_reply = text.size() > 3 && (code == "220" || code == "421" || code == "554") &&
                        (text[3] == ' ' || text[3] == '-');
  if (!is_reply) {
    return std::nullopt;
  }
  const std::string line = to_lower(text);
  return contains(line, "smtp")  ? "an SMTP server"
         : contains(line, "ftp") ? "an FTP server"
                                 : "an SMTP or FTP server";
}

}  // namespace

std::optional<std::string> recognise(ByteView first_bytes) {
  if (auto server = mysql_server(first_bytes)) {
    return server;
  }
  if (is_postgresql_error(first_bytes)) {
    return "PostgreSQL";
  }
  if (is_tabular_result(first_bytes)) {
    return "SQL Server";
  }
  if (is_tls(first_bytes)) {
    return std::string(tls_server);
  }
  const std::string_view text = as_text(first_bytes.first(std::min(first_bytes.size(), longest_looked_at)));
  if (is_redis(text)) {
    return "Redis";
  }
  if (text.starts_with("SSH-")) {
    return "an SSH server";
  }
  const std::string start = to_lower(text.substr(0, 9));
  if (text.starts_with("HTTP/") || start.starts_with("<html") || start.starts_with("<!doctype")) {
    return "an HTTP server";
  }
  if (text.starts_with("* OK") || text.starts_with("* BYE") || text.starts_with("* PREAUTH")) {
    return "an IMAP server";
  }
  if (text.starts_with("+OK ")) {
    return "a POP3 server";
  }
  return by_reply_code(text);
}

}  // namespace persona::dialect
