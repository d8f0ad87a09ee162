// Arbitrary bytes as a PKCS#12 file, and as what one holds behind a MAC that is right.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <mbedtls/md.h>
#include <mbedtls/pkcs12.h>

#include "persona/identity/identity.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;

namespace {

constexpr std::string_view password = "correct horse";

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string element(char tag, const std::string& content) {
  std::string text(1, tag);
  text += '\x83';
  for (const unsigned shift : {16U, 8U, 0U}) {
    text += static_cast<char>(content.size() >> shift);
  }
  return text + content;
}

/// A PFX with `content` as its AuthenticatedSafe, a SHA-256 MAC and one iteration.
std::string with_mac(std::string_view content) {
  std::string bmp;
  for (const char character : password) {
    bmp += '\0';
    bmp += character;
  }
  bmp.append(2, '\0');
  const std::string salt = "salt";
  const auto octets = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  std::array<unsigned char, 32> key{};
  demand(mbedtls_pkcs12_derivation(key.data(), key.size(), octets(bmp), bmp.size(), octets(salt), salt.size(),
                                   MBEDTLS_MD_SHA256, MBEDTLS_PKCS12_DERIVE_MAC_KEY, 1) == 0);
  std::string mac(32, '\0');
  demand(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key.data(), key.size(),
                         octets(content), content.size(), reinterpret_cast<unsigned char*>(mac.data())) == 0);
  const std::string sha256("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", 13);
  const std::string data("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 11);
  return element('\x30',
                 std::string("\x02\x01\x03", 3) +
                     element('\x30', data + element('\xa0', element('\x04', std::string(content)))) +
                     element('\x30', element('\x30', sha256 + element('\x04', mac)) + element('\x04', salt)));
}

/// An INTEGER that would be a count of more iterations than is good for fuzzing. That too many are refused is
/// a unit test's.
bool takes_long(std::string_view input) {
  constexpr std::uint32_t many = 200;
  for (std::size_t at = 0; at + 2 < input.size(); ++at) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(input[at + 1]));
    if (input[at] != 2 || size < 2 || size > 4 || at + 2 + size > input.size()) {
      continue;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8U | static_cast<unsigned char>(input[at + 2 + i]);
    }
    if (value > many) {
      return true;
    }
  }
  return false;
}

void judge(const identity::Identity::Loaded& loaded) {
  if (loaded) {
    demand((*loaded)->key() != nullptr && !(*loaded)->chain().empty());
    return;
  }
  demand(!loaded.error().empty());
  for (const x509::LoadError& error : loaded.error()) {
    demand(!error.message.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = x509::initialise_crypto().has_value();
  demand(ready);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (takes_long(input)) {
    return 0;
  }
  judge(identity::Identity::from_pkcs12(input, password));
  judge(identity::Identity::from_pkcs12(with_mac(input), password));
  return 0;
}
