// What people are shown of files from strangers: PEM, certificates with any extension, CRLs, keys.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "persona/x509/crypto.hpp"
#include "persona/x509/show.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = persona::x509::initialise_crypto().has_value();
  const auto text =
      persona::x509::show_content({reinterpret_cast<const char*>(data), size}, "file", "password");
  // Neither an escape sequence nor anything else that moves a cursor.
  for (const char character : text ? *text : text.error().message) {
    if (!ready ||
        (character != '\n' && (static_cast<unsigned char>(character) < 0x20 || character == 0x7f))) {
      std::abort();
    }
  }
  return 0;
}
