// Packets of MySQL and MariaDB (documentation of the client/server protocol, "Connection Phase").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "numbers.hpp"
#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/dialect/facade.hpp"

namespace persona::dialect {

/// In front of every packet: three bytes of payload's length, one of sequence.
constexpr std::size_t mysql_header_size = 4;
constexpr std::size_t mysql_sequence_at = 3;
constexpr std::size_t mysql_longest_packet = 0xffffff;  // another one continues it

/// First bytes of payloads.
constexpr std::uint8_t mysql_ok = 0x00;
constexpr std::uint8_t mysql_protocol_9 = 9;
constexpr std::uint8_t mysql_protocol_10 = 10;
constexpr std::uint8_t mysql_err = 0xff;

/// Capabilities, of 32 bits.
constexpr std::uint32_t mysql_long_password = 1U << 0U;
constexpr std::uint32_t mysql_protocol_41 = 1U << 9U;
constexpr std::uint32_t mysql_ssl = 1U << 11U;
constexpr std::uint32_t mysql_secure_connection = 1U << 15U;
constexpr std::uint32_t mysql_plugin_auth = 1U << 19U;
constexpr std::uint32_t mysql_ssl_verify_server_cert = 1U << 30U;

/// What the client's HandshakeResponse41 begins with, and all of its SSLRequest: capabilities, packet size,
/// character set, 19 unused bytes, and four of MariaDB's capabilities.
constexpr std::size_t mysql_ssl_request_size = 32;

inline std::size_t mysql_payload_size(ByteView header) {
  return little_endian_24(header, 0);
}

/// A whole greeting (HandshakeV10), or an older server's.
struct MysqlGreeting {
  std::uint8_t protocol = 0;
  std::string_view version;  ///< of the packet's memory
  std::uint32_t capabilities = 0;
  std::size_t lower_at = 0;  ///< where their lower 16 bits are in the packet
  std::size_t upper_at = 0;  ///< 0: it has none
};

/// Nothing if the packet is no greeting, or not whole.
std::optional<MysqlGreeting> mysql_greeting(ByteView packet);

/// "MariaDB 10.11.6" or "MySQL 8.0.36" out of "5.5.5-10.11.6-MariaDB-0+deb12u1", "8.0.36-0ubuntu0.22.04.1".
std::string mysql_name(std::string_view version);

/// The server that greets with these bytes, or with an error; see recognise().
std::optional<std::string> mysql_server(ByteView first_bytes);

/// An ERR packet that tells of the failure.
void append_mysql_error(const Regret& regret, std::uint8_t sequence, Buffer& answer);

}  // namespace persona::dialect
