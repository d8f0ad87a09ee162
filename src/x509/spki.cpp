#include "spki.hpp"

#include <array>

#include <psa/crypto.h>

namespace persona::x509 {

SpkiPin spki_pin(ByteView spki) {
  SpkiPin pin;
  std::size_t length = 0;
  if (psa_hash_compute(PSA_ALG_SHA_256, spki.data(), spki.size(), pin.sha256.data(), pin.sha256.size(),
                       &length) != PSA_SUCCESS) {
    return {};
  }
  return pin;
}

std::string spki_pin(const mbedtls_pk_context& key) {
  std::array<unsigned char, 2048> buffer{};  // an RSA key of 8192 bits takes about half
  const int length = mbedtls_pk_write_pubkey_der(&key, buffer.data(), buffer.size());
  if (length <= 0) {
    return {};
  }
  return spki_pin(ByteView(buffer).last(static_cast<std::size_t>(length))).to_string();
}

}  // namespace persona::x509
