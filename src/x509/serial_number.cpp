#include "persona/x509/serial_number.hpp"

#include <fmt/format.h>

namespace persona::x509 {

namespace {

int hex_value(char character) {
  if (character >= '0' && character <= '9') {
    return character - '0';
  }
  const char lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string> parse_serial(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  std::string digits;
  for (const char character : text) {
    if (character != ':') {
      if (hex_value(character) < 0) {
        return std::nullopt;
      }
      digits += character;
    }
  }
  if (digits.empty() || digits.size() > 40) {  // RFC 5280 section 4.1.2.2: 20 octets
    return std::nullopt;
  }
  if (digits.size() % 2 != 0) {
    digits.insert(digits.begin(), '0');
  }
  Bytes octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(hex_value(digits[i]) * 16 + hex_value(digits[i + 1])));
  }
  return serial_text(octets);
}

Bytes serial_octets(std::string_view serial) {
  Bytes octets;
  for (std::size_t i = 0; i + 1 < serial.size(); i += 3) {
    octets.push_back(static_cast<std::uint8_t>(hex_value(serial[i]) * 16 + hex_value(serial[i + 1])));
  }
  return octets;
}

std::string serial_text(ByteView octets) {
  while (octets.size() > 1 && octets.front() == 0) {
    octets = octets.subspan(1);
  }
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += fmt::format("{}{:02X}", text.empty() ? "" : ":", octet);
  }
  return text;
}

}  // namespace persona::x509
