#include "persona/dialect/mysql_refusal.hpp"

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::dialect;

namespace {

std::string mysql_packet_of(const std::string& payload, char sequence = 0) {
  std::string packet;
  packet += static_cast<char>(payload.size() & 0xffU);
  packet += static_cast<char>(payload.size() >> 8U);
  packet += '\0';
  packet += sequence;
  return packet + payload;
}

std::optional<std::string> refusal_in(const std::string& bytes) {
  return mysql_refusal(as_bytes(bytes));
}

}  // namespace

TEST_CASE("an ERR packet in place of the greeting says why, with an SQL state and without") {
  CHECK(refusal_in(mysql_packet_of("\xff\x10\x04Too many connections")) == "Too many connections");
  CHECK(refusal_in(mysql_packet_of("\xff\x10\x04#08004Too many connections")) == "Too many connections");
  CHECK(refusal_in(mysql_packet_of("\xff\x69\x04")) == "");
}

TEST_CASE("what it says fills no log") {
  CHECK(refusal_in(mysql_packet_of("\xff\x10\x04" + std::string(400, 'x'))) == std::string(160, 'x'));
}

TEST_CASE("the beginning of one is enough, and what is none is not taken for one") {
  const std::string whole = mysql_packet_of("\xff\x10\x04Too many connections");
  CHECK(refusal_in(whole.substr(0, 11)) == "Too ");
  for (std::size_t size = 0; size < 7; ++size) {
    CHECK_FALSE(refusal_in(whole.substr(0, size)));
  }
  CHECK_FALSE(
      refusal_in(mysql_packet_of("\xff\x10\x04Too many connections", 2)));  // an answer, not a beginning
  CHECK_FALSE(
      refusal_in(mysql_packet_of("\x0a"
                                 "5.5.5-10.11.6-MariaDB")));
  CHECK_FALSE(refusal_in(mysql_packet_of("\xff\x10\x04" + std::string(600, 'x'))));
  CHECK_FALSE(refusal_in(mysql_packet_of("\xff")));
  CHECK_FALSE(refusal_in("HTTP/1.1 400 Bad Request\r\n"));
}
