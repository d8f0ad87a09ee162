#include "persona/x509/serial_number.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona::x509;

TEST_CASE("serial numbers in the ways that people write them") {
  CHECK(parse_serial("0a:ff") == "0A:FF");
  CHECK(parse_serial("0AFF") == "0A:FF");
  CHECK(parse_serial("0xaff") == "0A:FF");
  CHECK(parse_serial("00:00:0A:FF") == "0A:FF");
  CHECK(parse_serial("00") == "00");
  CHECK_FALSE(parse_serial("").has_value());
  CHECK_FALSE(parse_serial("db").value_or("") == "");  // hexadecimal, as a name may be: names go first
  CHECK_FALSE(parse_serial("dbx").has_value());
  CHECK_FALSE(parse_serial(std::string(42, '1')).has_value());
  CHECK(serial_octets("0A:FF") == persona::Bytes{0x0a, 0xff});
}
