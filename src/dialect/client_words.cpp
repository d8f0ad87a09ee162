#include "persona/dialect/client_words.hpp"

#include <algorithm>
#include <array>

#include "numbers.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

namespace {

constexpr std::string_view a_persona =
    "connect it to a persona in mode persona, which speaks TLS to this one in its stead";

bool begins_with(ByteView bytes, std::string_view words) {
  return as_text(bytes).starts_with(words);
}

// SSLRequest and its like, or a StartupMessage of protocol 3 (documentation of PostgreSQL, "Message
// Formats").
bool speaks_postgresql(ByteView bytes) {
  constexpr std::uint32_t first_request = 80877102;  // CancelRequest
  constexpr std::uint32_t last_request = 80877104;   // GSSENCRequest
  constexpr std::uint32_t longest = 10'000;          // MAX_STARTUP_PACKET_LENGTH of the server
  if (bytes.size() < 8) {
    return false;
  }
  const std::uint32_t length = big_endian_32(bytes, 0);
  const std::uint32_t code = big_endian_32(bytes, 4);
  if (length < 8 || length > longest) {
    return false;
  }
  const bool request = code >= first_request && code <= last_request;
  const bool startup = code >> 16U == 3;
  return request || startup;
}

// An array of bulk strings, "*1\r\n$4\r\nPING\r\n" (the Redis serialization protocol specification).
bool speaks_redis(ByteView bytes) {
  return bytes.size() >= 2 && bytes[0] == '*' && is_digit(static_cast<char>(bytes[1]));
}

// A PRELOGIN packet (MS-TDS section 2.2.3.1): type, status "end of message", length, then SPID 0.
bool speaks_sql_server(ByteView bytes) {
  return bytes.size() >= 6 && bytes[0] == 0x12 && bytes[1] == 0x01 && bytes[4] == 0 && bytes[5] == 0;
}

bool speaks_http(ByteView bytes) {
  constexpr std::array methods{"GET ",     "HEAD ",    "POST ",  "PUT ",        "DELETE ",
                               "OPTIONS ", "CONNECT ", "PATCH ", "PRI * HTTP/2"};
  return std::any_of(methods.begin(), methods.end(),
                     [&](std::string_view method) { return begins_with(bytes, method); });
}

// https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2.
bool speaks_proxy_protocol(ByteView bytes) {
  constexpr std::string_view version_2("\r\n\r\n\0\r\nQUIT\n", 12);
  return begins_with(bytes, "PROXY TCP") || begins_with(bytes, "PROXY UNKNOWN") ||
         begins_with(bytes, version_2);
}

}  // namespace

std::optional<ClientWords> words_of_client(ByteView first_bytes) {
  if (speaks_postgresql(first_bytes)) {
    return ClientWords{"PostgreSQL", a_persona};
  }
  if (speaks_redis(first_bytes)) {
    return ClientWords{"Redis", a_persona};
  }
  if (speaks_sql_server(first_bytes)) {
    return ClientWords{"TDS (SQL Server)", a_persona};
  }
  if (speaks_http(first_bytes)) {
    return ClientWords{"HTTP", "this port wants HTTPS"};
  }
  if (speaks_proxy_protocol(first_bytes)) {
    return ClientWords{"the PROXY protocol", "switch it off at the load balancer in front of this port"};
  }
  if (begins_with(first_bytes, "SSH-")) {
    return ClientWords{"SSH", a_persona};
  }
  return std::nullopt;
}

}  // namespace persona::dialect
