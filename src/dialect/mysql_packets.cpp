#include "mysql_packets.hpp"

#include <algorithm>
#include <array>

#include "facades.hpp"
#include "persona/base/text.hpp"

namespace persona::dialect {

namespace {

struct Code {
  std::uint16_t number;
  std::string_view state;  // SQLSTATE
};

// Numbers of the server (mysqld_error.h): a client that has had no greeting takes no others. Connector/J
// knows the SQLSTATE by the number, and tries the other hosts of its list for 08 only.
Code code_of(Regret::Kind kind) {
  switch (kind) {
    case Regret::Kind::unreachable:
      return {1218, "08S01"};  // ER_CONNECT_TO_MASTER, "Error connecting to ..."
    case Regret::Kind::lost:
      return {1158, "08S01"};  // ER_NET_READ_ERROR
    case Regret::Kind::limit:
      return {1040, "08004"};  // ER_CON_COUNT_ERROR
    case Regret::Kind::stopping:
      return {1053, "08S01"};  // ER_SERVER_SHUTDOWN
  }
  return {1158, "08S01"};
}

constexpr std::size_t longest_sentence = 511;  // MYSQL_ERRMSG_SIZE without its NUL
constexpr std::size_t longest_version = 40;
constexpr std::size_t longest_greeting = std::size_t{64} * 1024;
constexpr std::string_view replication_prefix = "5.5.5-";  // for clients that take 10 for less than 5
constexpr std::string_view mariadb = "MariaDB";

bool names_mariadb(std::string_view text) {
  return text.find(mariadb) != std::string_view::npos;
}

}  // namespace

std::optional<MysqlGreeting> mysql_greeting(ByteView packet) {
  if (packet.size() <= mysql_header_size || packet.size() != mysql_header_size + mysql_payload_size(packet) ||
      packet[mysql_sequence_at] != 0) {
    return std::nullopt;
  }
  MysqlGreeting greeting;
  greeting.protocol = packet[mysql_header_size];
  const std::string_view rest = as_text(packet.subspan(mysql_header_size + 1));
  const std::size_t end = rest.find('\0');
  if ((greeting.protocol != mysql_protocol_9 && greeting.protocol != mysql_protocol_10) ||
      end == std::string_view::npos) {
    return std::nullopt;
  }
  greeting.version = rest.substr(0, end);
  if (greeting.protocol == mysql_protocol_9) {
    return greeting;
  }
  // The thread's number, 8 bytes of salt, and a zero.
  greeting.lower_at = mysql_header_size + 1 + end + 1 + 4 + 8 + 1;
  if (greeting.lower_at + 2 > packet.size()) {
    return std::nullopt;
  }
  greeting.capabilities = little_endian_16(packet, greeting.lower_at);
  const std::size_t upper_at = greeting.lower_at + 2 + 1 + 2;  // character set, status
  if (upper_at + 2 <= packet.size()) {
    greeting.upper_at = upper_at;
    greeting.capabilities |= little_endian_16(packet, upper_at) << 16U;
  }
  return greeting;
}

std::string mysql_name(std::string_view version) {
  const bool is_mariadb = names_mariadb(version);
  if (is_mariadb && version.starts_with(replication_prefix)) {
    version.remove_prefix(replication_prefix.size());
  }
  const auto end =
      std::find_if_not(version.begin(), version.end(), [](char c) { return is_digit(c) || c == '.'; });
  const std::string_view number = version.substr(
      0, std::min<std::size_t>(static_cast<std::size_t>(end - version.begin()), longest_version));
  std::string name(is_mariadb ? mariadb : "MySQL");
  return number.empty() ? name : name.append(1, ' ').append(number);
}

std::optional<std::string> mysql_server(ByteView first_bytes) {
  constexpr std::size_t shortest = 4;  // of an error: its code and a letter
  if (first_bytes.size() < mysql_header_size + shortest || first_bytes[mysql_sequence_at] != 0 ||
      mysql_payload_size(first_bytes) < shortest || mysql_payload_size(first_bytes) > longest_greeting) {
    return std::nullopt;
  }
  const ByteView payload = first_bytes.subspan(mysql_header_size);
  if (payload[0] == mysql_err) {
    constexpr std::uint32_t first_number = 1000;
    constexpr std::uint32_t last_number = 4999;
    const std::uint32_t number = little_endian_16(payload, 1);
    if (number < first_number || number > last_number) {
      return std::nullopt;
    }
    return names_mariadb(as_text(payload)) ? std::string(mariadb) : "MySQL or MariaDB";
  }
  const std::string_view text = as_text(payload.subspan(1));
  const std::string_view version = text.substr(0, text.find('\0'));
  if ((payload[0] != mysql_protocol_9 && payload[0] != mysql_protocol_10) || version.size() == text.size() ||
      version.empty() || !is_digit(version[0])) {
    return std::nullopt;
  }
  return mysql_name(version);
}

// Without the marker of the SQLSTATE, PyMySQL takes the first six letters for it.
void append_mysql_error(const Regret& regret, std::uint8_t sequence, Buffer& answer) {
  const Code code = code_of(regret.kind);
  const std::string sentence = in_one_line(regret).substr(0, longest_sentence);
  const std::size_t size = 1 + 2 + 1 + code.state.size() + sentence.size();
  const std::array<std::uint8_t, 8> head = {static_cast<std::uint8_t>(size),
                                            static_cast<std::uint8_t>(size >> 8U),
                                            static_cast<std::uint8_t>(size >> 16U),
                                            sequence,
                                            mysql_err,
                                            static_cast<std::uint8_t>(code.number),
                                            static_cast<std::uint8_t>(code.number >> 8U),
                                            '#'};
  answer.append(head);
  answer.append(as_bytes(code.state));
  answer.append(as_bytes(sentence));
}

}  // namespace persona::dialect
