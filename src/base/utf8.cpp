#include "persona/base/utf8.hpp"

namespace persona {

std::size_t put_utf8(std::uint32_t code, char* out) {
  char* at = out;
  const auto put = [&at](std::uint32_t octet) { *at++ = static_cast<char>(octet); };
  const auto put_continued = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3fU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | code >> 6U);
    put_continued(0);
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put_continued(6);
    put_continued(0);
  } else {
    put(0xf0U | code >> 18U);
    put_continued(12);
    put_continued(6);
    put_continued(0);
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace persona
