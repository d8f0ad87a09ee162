#include "private_key.hpp"

#include <algorithm>

#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#include <mbedtls/pkcs12.h>
#include <mbedtls/pkcs5.h>

#include "pem.hpp"
#include "persona/identity/random.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

template <class... Args>
tl::unexpected<PrivateKeyError> key_error(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(PrivateKeyError{fmt::format(format, std::forward<Args>(args)...), false});
}

bool is_encrypted(const PemBlock& block) {
  return block.label == "ENCRYPTED PRIVATE KEY" ||
         block.text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

bool is_unknown_encryption(int status) {
  switch (status) {
    case MBEDTLS_ERR_PEM_UNKNOWN_ENC_ALG:
    case MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE:
    case MBEDTLS_ERR_PKCS12_FEATURE_UNAVAILABLE:
    case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
      return true;
    default:
      return false;
  }
}

bool is_strong(const mbedtls_pk_context& key) {
  switch (mbedtls_pk_get_type(&key)) {
    case MBEDTLS_PK_RSA:
      return mbedtls_pk_get_bitlen(&key) >= 2048;
    case MBEDTLS_PK_ECKEY: {
      const auto group = mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key));
      return group == MBEDTLS_ECP_DP_SECP256R1 || group == MBEDTLS_ECP_DP_SECP384R1 ||
             group == MBEDTLS_ECP_DP_SECP521R1;
    }
    default:
      return false;
  }
}

}  // namespace

void PrivateKeyDeleter::operator()(mbedtls_pk_context* key) const {
  mbedtls_pk_free(key);
  delete key;
}

PrivateKey new_private_key() {
  PrivateKey key(new mbedtls_pk_context);
  mbedtls_pk_init(key.get());
  return key;
}

tl::expected<PrivateKey, PrivateKeyError> parse_private_key(const Secret& pem,
                                                            std::optional<std::string_view> password,
                                                            std::string_view source) {
  const auto blocks = find_pem_blocks(pem.view());
  if (!blocks) {
    return key_error("{} {}", source, blocks.error().message);
  }
  const auto block = std::find_if(blocks->begin(), blocks->end(), is_private_key);
  if (block == blocks->end()) {
    const bool certificate = std::any_of(blocks->begin(), blocks->end(),
                                         [](const PemBlock& other) { return other.label == "CERTIFICATE"; });
    return key_error("{} contains {}", source,
                     certificate ? "a certificate, not a private key" : "no private key in PEM form");
  }
  const bool encrypted = is_encrypted(*block);
  if (encrypted && !password) {
    return key_error(
        "the private key is encrypted: name a file with its password in identity.private_key_password_file");
  }

  const Secret text(block->text);  // mbedTLS wants the NUL behind the block
  PrivateKey key = new_private_key();
  const int status =
      mbedtls_pk_parse_key(key.get(), text.octets(), text.size_with_nul(),
                           password ? reinterpret_cast<const unsigned char*>(password->data()) : nullptr,
                           password ? password->size() : 0, psa_random, nullptr);
  if (status != 0 && encrypted && is_unknown_encryption(status)) {
    return key_error(
        "the private key is encrypted in a way that is not supported: convert it with openssl pkcs8 -topk8 "
        "-v2 "
        "aes-256-cbc");
  }
  if (status != 0 && encrypted) {
    // A wrong password is seen by its padding, or (one time in 256) by decrypting to what is no key.
    return tl::unexpected(PrivateKeyError{"the password does not decrypt the private key", true});
  }
  if (status != 0 && block->label.starts_with("OPENSSH")) {
    return key_error("{} contains an OpenSSH key: convert it with ssh-keygen -p -m PEM", source);
  }
  if (status != 0) {
    return key_error("the private key in {} (line {}) cannot be parsed: {}", source, block->line,
                     mbedtls_reason(status));
  }
  if (!is_strong(*key)) {
    return key_error(
        "the private key ({}) is refused: use EC secp256r1, secp384r1, secp521r1 or RSA of 2048 bits or "
        "more",
        key_in_words(*key));
  }
  return key;
}

}  // namespace persona::identity
