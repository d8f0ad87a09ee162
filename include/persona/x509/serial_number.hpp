// Serial numbers of certificates, and the numbers of CRLs: as octets and as people read them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// "4A:0F" of a big-endian number, without the zeros before it.
std::string serial_text(ByteView octets);

/// The same of what people write for a serial number: colons or none, any case, 0x before it. Nothing when it
/// is none.
std::optional<std::string> parse_serial(std::string_view text);

/// The octets of what the others return.
Bytes serial_octets(std::string_view serial);

}  // namespace persona::x509
