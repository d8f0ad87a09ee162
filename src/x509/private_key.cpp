#include "persona/x509/private_key.hpp"

#include <algorithm>

#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#include <mbedtls/pkcs12.h>
#include <mbedtls/pkcs5.h>

#include "persona/base/text.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

template <class... Args>
tl::unexpected<PrivateKeyError> key_error(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(PrivateKeyError{fmt::format(format, std::forward<Args>(args)...), false});
}

bool is_encrypted(const PemBlock& block) {
  return block.label == "ENCRYPTED PRIVATE KEY" ||
         block.text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

/// mbedTLS tells this of PEM only; for DER it tries all other forms and reports the last one's fault.
bool has_scrypt(ByteView der) {
  constexpr std::string_view scrypt_oid =
      "\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";  // RFC 7914 section 7
  constexpr std::size_t head = 64;
  return as_text(der.first(std::min(head, der.size()))).find(scrypt_oid) != std::string_view::npos;
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

/// EncryptedPrivateKeyInfo (RFC 5958 section 3) begins with an AlgorithmIdentifier, every other form with a
/// version.
bool is_encrypted(ByteView der) {
  DerFault fault = DerFault::none;
  DerReader reader(der, fault);
  return reader.enter(DerReader::sequence).next_is(DerReader::sequence);
}

tl::unexpected<PrivateKeyError> password_missing() {
  return key_error(
      "the private key is encrypted: name a file with its password in identity.private_key_password_file");
}

/// `place` is " (line 3)" or empty.
tl::unexpected<PrivateKeyError> parse_error(int status, bool encrypted, std::string_view source,
                                            std::string_view place) {
  if (encrypted && is_unknown_encryption(status)) {
    return key_error(
        "the private key is encrypted in a way that is not supported: convert it with openssl pkcs8 -topk8 "
        "-v2 "
        "aes-256-cbc {}-in {} -out NEW.key",
        place.empty() ? "-inform DER " : "", shell_word(source));
  }
  if (encrypted) {
    // A wrong password shows in bad padding or, about one time in 256, in decrypted bytes that are not a key;
    // so every failure is put down to the password.
    return tl::unexpected(PrivateKeyError{"the password does not decrypt the private key", true});
  }
  return key_error("the private key in {}{} cannot be parsed: {}", source, place, mbedtls_reason(status));
}

int parse_into(mbedtls_pk_context& key, const unsigned char* data, std::size_t size,
               std::optional<std::string_view> password) {
  return mbedtls_pk_parse_key(&key, data, size,
                              password ? reinterpret_cast<const unsigned char*>(password->data()) : nullptr,
                              password ? password->size() : 0, psa_random, nullptr);
}

tl::expected<PrivateKey, PrivateKeyError> accept_if_usual(PrivateKey key) {
  if (const auto defect = key_defect(*key)) {
    return key_error(
        "the private key ({}) is refused: use EC secp256r1, secp384r1, secp521r1 or RSA of {} to {} bits",
        defect->key, least_rsa_bits, most_rsa_bits);
  }
  return key;
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

tl::expected<PrivateKey, PrivateKeyError> parse_private_key_der(ByteView der,
                                                                std::optional<std::string_view> password,
                                                                std::string_view source) {
  const bool encrypted = is_encrypted(der);
  if (encrypted && !password) {
    return password_missing();
  }
  PrivateKey key = new_private_key();
  const int status = parse_into(*key, der.data(), der.size(), encrypted ? password : std::nullopt);
  if (status != 0) {
    return parse_error(encrypted && has_scrypt(der) ? MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE : status,
                       encrypted, source, "");
  }
  return accept_if_usual(std::move(key));
}

namespace {

tl::expected<PrivateKey, PrivateKeyError> parse_any_form(const Secret& text,
                                                         std::optional<std::string_view> password,
                                                         std::string_view source) {
  const auto blocks = find_pem_blocks(text.view());
  if (!blocks) {
    return key_error("{} {}", source, blocks.error().message);
  }
  const auto block = std::find_if(blocks->begin(), blocks->end(), is_private_key);
  if (blocks->empty() && text.view().starts_with(static_cast<char>(DerReader::sequence))) {
    return parse_private_key_der(as_bytes(text.view()), password, source);
  }
  if (block == blocks->end()) {
    const bool certificate = std::any_of(blocks->begin(), blocks->end(),
                                         [](const PemBlock& other) { return other.label == "CERTIFICATE"; });
    return key_error("{} contains {}", source,
                     certificate ? "a certificate, not a private key" : "no private key in PEM or DER form");
  }
  const bool encrypted = is_encrypted(*block);
  if (encrypted && !password) {
    return password_missing();
  }
  const Secret copy = plain_pem(block->text, block->label);
  PrivateKey key = new_private_key();
  const int status = parse_into(*key, copy.octets(), copy.size_with_nul(), password);
  if (status != 0 && !encrypted && block->label.starts_with("OPENSSH")) {
    const std::string file = shell_word(source);
    return key_error(
        "{} contains an OpenSSH key: convert a copy with cp {} NEW.key && ssh-keygen -p -m PEM -f NEW.key",
        source, file);
  }
  if (status != 0) {
    return parse_error(status, encrypted, source, fmt::format(" (line {})", block->line));
  }
  return accept_if_usual(std::move(key));
}

}  // namespace

tl::expected<PrivateKey, PrivateKeyError> parse_private_key(const Secret& text,
                                                            std::optional<std::string_view> password,
                                                            std::string_view source) {
  auto key = parse_any_form(text, password, source);
  const auto other = key ? std::nullopt : foreign_form(text.view(), source, Wanted::private_key);
  return other ? key_error("{}", *other) : std::move(key);
}

}  // namespace persona::x509
