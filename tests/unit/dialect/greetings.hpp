// What real servers send first.
#pragma once

#include <string>

namespace persona::dialect {

using namespace std::string_literals;

/// Payloads of greetings: MariaDB 10.11 of Debian with TLS on, and a MySQL 8.0 as its documentation has it.
inline const std::string mariadb_payload =
    "\x0a"
    "5.5.5-10.11.19-MariaDB-0+deb12u1\0\4\0\0\0I8yz{yn>\0\xfe\xff\x08\2\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0'"
    "Fjc5z+"
    "b0f2d\0mysql_native_password\0"s;
inline const std::string mysql_payload =
    "\x0a"
    "8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0"s;

inline std::string mysql_packet(int sequence, const std::string& payload) {
  std::string packet;
  packet += static_cast<char>(payload.size());
  packet += static_cast<char>(payload.size() >> 8U);
  packet += static_cast<char>(payload.size() >> 16U);
  packet += static_cast<char>(sequence);
  return packet + payload;
}

}  // namespace persona::dialect
