// PKCS#11 URIs, and the signatures that a token gives: what is taken is what was meant, and no PIN is.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/pk/ecdsa_signature.hpp"
#include "persona/token/uri.hpp"

using namespace persona;

namespace {

/// Big-endian, without zeros in front.
ByteView significant(ByteView number) {
  while (!number.empty() && number.front() == 0) {
    number = number.subspan(1);
  }
  return number;
}

bool is_same(ByteView one, ByteView other) {
  return as_text(significant(one)) == as_text(significant(other));
}

/// The content of an INTEGER that `der` begins with, which is taken off.
ByteView take(ByteView& der, std::uint8_t tag) {
  if (der.size() < 2 || der[0] != tag) {
    std::abort();
  }
  const std::size_t header = der[1] < 0x80 ? 2 : der[1] == 0x81 ? 3 : 4;
  const std::size_t size = header == 2 ? der[1] : header == 3 ? der[2] : der[2] * 256U + der[3];
  if (der.size() < header + size) {
    std::abort();
  }
  const ByteView content = der.subspan(header, size);
  der = der.subspan(header + size);
  return content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  for (const auto object : {token::Object::private_key, token::Object::certificate}) {
    const auto uri = token::Uri::parse(as_text(bytes), object);
    if (!uri && uri.error().message.empty()) {
      std::abort();
    }
    if (uri && (uri->text() != as_text(bytes) ||
                (object == token::Object::certificate && !uri->pin_file().empty()))) {
      std::abort();
    }
  }
  Bytes der(size + pk::most_more_in_der);
  if (const auto written = pk::der_of_raw(bytes, der)) {
    ByteView rest = ByteView(der).first(*written);
    ByteView content = take(rest, 0x30);
    const ByteView r = take(content, 0x02);
    const ByteView s = take(content, 0x02);
    if (!rest.empty() || !content.empty() || (r[0] & 0x80U) != 0 || (s[0] & 0x80U) != 0 ||
        !is_same(r, bytes.first(size / 2)) || !is_same(s, bytes.subspan(size / 2))) {
      std::abort();
    }
  }
  return 0;
}
