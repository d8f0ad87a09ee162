#include "spki.hpp"

#include <array>

#include <mbedtls/base64.h>
#include <psa/crypto.h>

namespace persona::identity {

std::string spki_pin(ByteView spki) {
  std::array<std::uint8_t, 32> hash{};
  std::size_t hash_length = 0;
  if (psa_hash_compute(PSA_ALG_SHA_256, spki.data(), spki.size(), hash.data(), hash.size(), &hash_length) !=
      PSA_SUCCESS) {
    return {};
  }
  std::array<unsigned char, 48> text{};
  std::size_t length = 0;
  if (mbedtls_base64_encode(text.data(), text.size(), &length, hash.data(), hash_length) != 0) {
    return {};
  }
  return "sha256//" + std::string(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
}

std::string spki_pin(const mbedtls_pk_context& key) {
  std::array<unsigned char, 2048> buffer{};  // RSA of 8192 bits is half of it
  const int length = mbedtls_pk_write_pubkey_der(&key, buffer.data(), buffer.size());
  if (length <= 0) {
    return {};
  }
  return spki_pin(ByteView(buffer).last(static_cast<std::size_t>(length)));
}

}  // namespace persona::identity
