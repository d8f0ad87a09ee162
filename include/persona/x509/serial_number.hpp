// Serial numbers of certificates and numbers of CRLs, as octets and as people read them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// A big-endian number as "4A:0F", without leading zero octets.
std::string serial_text(ByteView octets);

/// The same from what people type: with or without colons or a leading 0x, in either case. Nothing if it is
/// not a serial number.
std::optional<std::string> parse_serial(std::string_view text);

/// The octets of what serial_text() and parse_serial() return.
Bytes serial_octets(std::string_view serial);

}  // namespace persona::x509
