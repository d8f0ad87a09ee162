#include "persona/tls/key_schedule.hpp"

#include <cstring>

#include <mbedtls/platform_util.h>
#include <psa/crypto.h>

namespace persona::tls {

namespace {

psa_algorithm_t psa_hash(Hash hash) {
  return hash == Hash::sha384 ? PSA_ALG_SHA_384 : PSA_ALG_SHA_256;
}

/// RFC 8446 section 7.1: struct { uint16 length; opaque label<7..255>; opaque context<0..255>; }. Nothing if
/// a part is too long.
std::optional<std::size_t> write_hkdf_label(std::string_view label, ByteView context, std::size_t length,
                                            std::array<std::uint8_t, 2 + 1 + 255 + 1 + 255>& output) {
  constexpr std::string_view prefix = "tls13 ";
  const std::size_t label_size = prefix.size() + label.size();
  if (label_size > 255 || context.size() > 255 || length > 0xffff) {
    return std::nullopt;
  }
  std::uint8_t* at = output.data();
  *at++ = static_cast<std::uint8_t>(length >> 8);
  *at++ = static_cast<std::uint8_t>(length);
  *at++ = static_cast<std::uint8_t>(label_size);
  at = std::copy(prefix.begin(), prefix.end(), at);
  at = std::copy(label.begin(), label.end(), at);
  *at++ = static_cast<std::uint8_t>(context.size());
  at = std::copy(context.begin(), context.end(), at);
  return static_cast<std::size_t>(at - output.data());
}

Secret derive(Hash hash, ByteView secret, std::string_view label, ByteView context) {
  Secret result;
  if (!expand_label(hash, secret, label, context, result.allocate(hash_size(hash)))) {
    result.wipe();
  }
  return result;
}

}  // namespace

std::optional<Hash> suite_hash(std::uint16_t cipher_suite) {
  switch (cipher_suite) {  // RFC 8446 appendix B.4
    case 0x1301:
    case 0x1303:
      return Hash::sha256;
    case 0x1302:
      return Hash::sha384;
    default:
      return std::nullopt;
  }
}

std::size_t hash_size(Hash hash) {
  return hash == Hash::sha384 ? 48 : 32;
}

Secret::Secret(ByteView bytes) {
  const ByteSpan room = allocate(std::min(bytes.size(), max_size));
  std::copy_n(bytes.begin(), room.size(), room.begin());
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    size_ = other.size_;
    other.wipe();
  }
  return *this;
}

ByteSpan Secret::allocate(std::size_t size) {
  size_ = static_cast<std::uint8_t>(std::min(size, max_size));
  return {bytes_.data(), size_};
}

void Secret::wipe() {
  mbedtls_platform_zeroize(bytes_.data(), bytes_.size());
  size_ = 0;
}

bool expand_label(Hash hash, ByteView secret, std::string_view label, ByteView context, ByteSpan output) {
  std::array<std::uint8_t, 2 + 1 + 255 + 1 + 255> info;
  const auto info_size = write_hkdf_label(label, context, output.size(), info);
  if (!info_size) {
    return false;
  }
  psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
  const bool done =
      psa_key_derivation_setup(&operation, PSA_ALG_HKDF_EXPAND(psa_hash(hash))) == PSA_SUCCESS &&
      psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, secret.data(),
                                     secret.size()) == PSA_SUCCESS &&
      psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, info.data(), *info_size) ==
          PSA_SUCCESS &&
      psa_key_derivation_output_bytes(&operation, output.data(), output.size()) == PSA_SUCCESS;
  const bool ended = psa_key_derivation_abort(&operation) == PSA_SUCCESS;
  return done && ended;
}

Secret next_traffic_secret(Hash hash, ByteView secret) {
  return derive(hash, secret, "traffic upd", {});
}

Secret resumption_psk(Hash hash, ByteView resumption_master_secret, ByteView ticket_nonce) {
  return derive(hash, resumption_master_secret, "resumption", ticket_nonce);
}

}  // namespace persona::tls
