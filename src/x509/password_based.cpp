#include "password_based.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pkcs12.h>
#include <mbedtls/pkcs5.h>

#include "persona/base/text.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/words.hpp"

extern "C" {  // mbedTLS 3.6's header does not say so
#include <mbedtls/constant_time.h>
}

namespace persona::x509 {

namespace {

constexpr std::string_view damaged = "is damaged or cut off: copy it again from where it was made";
using Remedy = PasswordBasedError::Remedy;
constexpr const char* unsupported_encryption =
    "is encrypted in a way that is not supported (AES with CBC and PBKDF2 is)";

// Limits of mbedtls_pkcs12_derivation, in octets.
constexpr std::size_t longest_bmp_password = 64;
constexpr std::size_t longest_salt = 64;

// RFC 9579; mbedTLS has no name for it.
constexpr char pbmac1_oid[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";
// RFC 7292 appendix C: pbeWithSHAAnd128BitRC4 (1), 40BitRC4 (2), 128BitRC2-CBC (5), 40BitRC2-CBC (6).
constexpr std::string_view pkcs12_pbe_oid_prefix("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01", 9);

tl::unexpected<PasswordBasedError> problem(std::string text, Remedy remedy = Remedy::none) {
  return tl::unexpected(PasswordBasedError{std::move(text), remedy});
}

tl::unexpected<PasswordBasedError> too_many_iterations() {
  return problem("asks for none or more than 10000000 iterations of its hash", Remedy::make_again);
}

mbedtls_asn1_buf to_asn1(ByteView bytes, int tag) {
  return {tag, bytes.size(), const_cast<unsigned char*>(bytes.data())};  // mbedTLS only reads
}

/// UTF-16BE with two zero octets after it (RFC 7292 appendix B.1).
std::optional<Secret> to_bmp_string(std::string_view text) {
  Secret bmp(2 * text.size() + 2);  // UTF-16 takes at most twice the octets of UTF-8
  char* at = bmp.data();
  const auto put = [&](std::uint32_t unit) {
    *at++ = static_cast<char>(unit >> 8U);
    *at++ = static_cast<char>(unit & 0xffU);
  };
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      return std::nullopt;
    }
    const std::uint32_t character = utf8_code_point(text.substr(0, length));
    if (character >= 0x10000) {
      put(0xd800 + ((character - 0x10000) >> 10U));
      put(0xdc00 + ((character - 0x10000) & 0x3ffU));
    } else {
      put(character);
    }
    text.remove_prefix(length);
  }
  put(0);
  bmp.shrink(static_cast<std::size_t>(at - bmp.data()));
  return bmp;
}

/// RFC 7292 appendix B. `purpose`: a key, an IV or a MAC key (MBEDTLS_PKCS12_DERIVE_...).
tl::expected<Secret, PasswordBasedError> derive(const Pkcs12Password& password, ByteView salt, int iterations,
                                                mbedtls_md_type_t hash, int purpose, std::size_t size) {
  const std::string_view bmp = password.bmp.view();
  if (bmp.size() > longest_bmp_password) {
    return problem(
        "has a password of more than 31 characters, which is not supported for its kind of encryption",
        Remedy::convert);
  }
  if (salt.size() > longest_salt) {
    return problem(fmt::format("has a salt of more than {} bytes, which is not supported", longest_salt),
                   Remedy::convert);
  }
  Secret key(size);
  const int status = mbedtls_pkcs12_derivation(reinterpret_cast<unsigned char*>(key.data()), size,
                                               bmp.empty() ? nullptr : password.bmp.octets(), bmp.size(),
                                               salt.data(), salt.size(), hash, purpose, iterations);
  if (status != 0) {
    return problem(fmt::format("cannot be opened: {}", mbedtls_reason(status)));
  }
  return key;
}

bool same_mac(mbedtls_md_type_t hash, const Secret& key, ByteView content, ByteView expected,
              std::string& failure) {
  const mbedtls_md_info_t* info = mbedtls_md_info_from_type(hash);
  std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> mac{};
  if (info == nullptr || expected.size() != mbedtls_md_get_size(info)) {
    failure = damaged;
    return false;
  }
  const int status =
      mbedtls_md_hmac(info, key.octets(), key.view().size(), content.data(), content.size(), mac.data());
  if (status != 0) {
    failure = fmt::format("cannot be opened: {}", mbedtls_reason(status));
    return false;
  }
  return mbedtls_ct_memcmp(mac.data(), expected.data(), expected.size()) == 0;
}

struct Pbkdf2 {
  ByteView salt;
  int iterations = 0;
  int key_size = 0;  ///< 0: absent
  mbedtls_md_type_t hash = MBEDTLS_MD_NONE;
};

mbedtls_md_type_t hmac_hash(ByteView oid) {
  const mbedtls_asn1_buf buffer = to_asn1(oid, MBEDTLS_ASN1_OID);
  mbedtls_md_type_t hash = MBEDTLS_MD_NONE;
  return mbedtls_oid_get_md_hmac(&buffer, &hash) == 0 ? hash : MBEDTLS_MD_NONE;
}

/// RFC 8018 appendix A.2: the pseudorandom function defaults to HMAC with SHA-1.
Pbkdf2 read_pbkdf2(const AlgorithmIdentifier& algorithm, DerFault& fault) {
  Pbkdf2 parameters;
  DerReader reader(algorithm.parameters, fault);
  parameters.salt = reader.need(MBEDTLS_ASN1_OCTET_STRING);
  parameters.iterations = reader.integer();
  if (reader.next_is(MBEDTLS_ASN1_INTEGER)) {
    parameters.key_size = reader.integer();
  }
  parameters.hash = reader.empty() ? MBEDTLS_MD_SHA1 : hmac_hash(reader.algorithm().oid);
  reader.finish();
  return parameters;
}

tl::expected<bool, PasswordBasedError> check_pbmac1(const AlgorithmIdentifier& algorithm, ByteView expected,
                                                    ByteView content, const Pkcs12Password& password,
                                                    IterationBudget& budget) {
  DerFault fault = DerFault::none;
  DerReader reader(algorithm.parameters, fault);
  const AlgorithmIdentifier derivation = reader.algorithm();
  const mbedtls_md_type_t hash = hmac_hash(reader.algorithm().oid);
  reader.finish();
  const Pbkdf2 parameters = read_pbkdf2(derivation, fault);
  constexpr int least_key = 20;  // RFC 9579 section 5
  constexpr int largest_key = 64;
  if (fault != DerFault::none) {
    return problem(std::string(damaged));
  }
  if (!is_oid(derivation.oid, MBEDTLS_OID_PKCS5_PBKDF2) || hash == MBEDTLS_MD_NONE ||
      parameters.hash == MBEDTLS_MD_NONE || parameters.key_size < least_key ||
      parameters.key_size > largest_key) {
    return problem("has a MAC of a kind that is not supported", Remedy::convert);
  }
  if (!budget.spend(parameters.iterations)) {
    return too_many_iterations();
  }
  Secret key(static_cast<std::size_t>(parameters.key_size));
  const int status = mbedtls_pkcs5_pbkdf2_hmac_ext(
      parameters.hash, reinterpret_cast<const unsigned char*>(password.text.data()), password.text.size(),
      parameters.salt.data(), parameters.salt.size(), static_cast<unsigned>(parameters.iterations),
      static_cast<std::uint32_t>(parameters.key_size), reinterpret_cast<unsigned char*>(key.data()));
  if (status != 0) {
    return problem(fmt::format("cannot be opened: {}", mbedtls_reason(status)));
  }
  std::string failure;
  const bool same = same_mac(hash, key, content, expected, failure);
  return failure.empty() ? tl::expected<bool, PasswordBasedError>(same) : problem(std::move(failure));
}

tl::expected<Secret, PasswordBasedError> decrypt_pbes2(const AlgorithmIdentifier& algorithm,
                                                       ByteView ciphertext, const Pkcs12Password& password,
                                                       IterationBudget& budget) {
  DerFault fault = DerFault::none;
  DerReader reader(algorithm.parameters, fault);
  const AlgorithmIdentifier derivation = reader.algorithm();
  if (fault == DerFault::none && is_oid(derivation.oid, MBEDTLS_OID_PKCS5_PBKDF2)) {
    const int iterations = read_pbkdf2(derivation, fault).iterations;
    if (fault == DerFault::none && !budget.spend(iterations)) {
      return too_many_iterations();
    }
  }
  if (fault != DerFault::none) {
    return problem(std::string(damaged));
  }
  const mbedtls_asn1_buf parameters = to_asn1(algorithm.parameters, algorithm.parameters_tag);
  Secret plain(ciphertext.size());
  std::size_t size = 0;
  const int status = mbedtls_pkcs5_pbes2_ext(
      &parameters, MBEDTLS_PKCS5_DECRYPT, reinterpret_cast<const unsigned char*>(password.text.data()),
      password.text.size(), ciphertext.data(), ciphertext.size(),
      reinterpret_cast<unsigned char*>(plain.data()), plain.view().size(), &size);
  if (status == MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE) {
    return problem(unsupported_encryption, Remedy::convert);
  }
  if (status == MBEDTLS_ERR_PKCS5_PASSWORD_MISMATCH) {
    // Not the wrong password: the MAC has accepted it.
    return problem(
        "is encrypted with a different password from its MAC: make it again with one password for both");
  }
  if (status != 0) {
    return problem(std::string(damaged));
  }
  plain.shrink(size);
  return plain;
}

struct CipherContext {
  mbedtls_cipher_context_t context;

  CipherContext() { mbedtls_cipher_init(&context); }
  ~CipherContext() { mbedtls_cipher_free(&context); }  // zeroises
  CipherContext(const CipherContext&) = delete;
  CipherContext& operator=(const CipherContext&) = delete;
};

/// RFC 7292 appendix C. mbedtls_pkcs12_pbe_ext would not do: it supports only passwords in Latin-1, and no
/// absent one.
tl::expected<Secret, PasswordBasedError> decrypt_pkcs12(const AlgorithmIdentifier& algorithm,
                                                        mbedtls_cipher_type_t cipher, ByteView ciphertext,
                                                        const Pkcs12Password& password,
                                                        IterationBudget& budget) {
  DerFault fault = DerFault::none;
  DerReader reader(algorithm.parameters, fault);
  const ByteView salt = reader.need(MBEDTLS_ASN1_OCTET_STRING);
  const int iterations = reader.integer();
  reader.finish();
  if (fault != DerFault::none) {
    return problem(std::string(damaged));
  }
  if (!budget.spend(iterations)) {
    return too_many_iterations();
  }
  const mbedtls_cipher_info_t* info = mbedtls_cipher_info_from_type(cipher);
  if (info == nullptr) {
    return problem("is encrypted with 3DES, which the mbedTLS in use does not have", Remedy::convert);
  }
  const std::size_t key_size = mbedtls_cipher_info_get_key_bitlen(info) / 8;
  const auto key = derive(password, salt, iterations, MBEDTLS_MD_SHA1, MBEDTLS_PKCS12_DERIVE_KEY, key_size);
  const auto iv = derive(password, salt, iterations, MBEDTLS_MD_SHA1, MBEDTLS_PKCS12_DERIVE_IV,
                         mbedtls_cipher_info_get_iv_size(info));
  if (!key || !iv) {
    return tl::unexpected(!key ? key.error() : iv.error());
  }
  CipherContext own;
  Secret plain(ciphertext.size() + MBEDTLS_MAX_BLOCK_LENGTH);
  std::size_t size = 0;
  int status = mbedtls_cipher_setup(&own.context, info);
  if (status == 0) {
    status =
        mbedtls_cipher_setkey(&own.context, key->octets(), static_cast<int>(8 * key_size), MBEDTLS_DECRYPT);
  }
  if (status == 0) {
    status = mbedtls_cipher_set_padding_mode(&own.context, MBEDTLS_PADDING_PKCS7);
  }
  if (status == 0) {
    status = mbedtls_cipher_crypt(&own.context, iv->octets(), iv->view().size(), ciphertext.data(),
                                  ciphertext.size(), reinterpret_cast<unsigned char*>(plain.data()), &size);
  }
  if (status != 0) {
    return problem("cannot be decrypted, though its MAC is right", Remedy::make_again);
  }
  plain.shrink(size);
  return plain;
}

}  // namespace

bool IterationBudget::spend(int iterations) {
  if (iterations < 1 || iterations > left_) {
    return false;
  }
  left_ -= iterations;
  return true;
}

std::vector<Pkcs12Password> pkcs12_passwords(std::optional<std::string_view> password) {
  std::vector<Pkcs12Password> forms;
  const std::string_view text = password.value_or("");
  auto bmp = to_bmp_string(text);
  if (!bmp) {
    return forms;
  }
  forms.push_back({text, std::move(*bmp)});
  if (text.empty()) {
    forms.push_back({text, Secret()});
  }
  return forms;
}

tl::expected<bool, PasswordBasedError> check_mac(ByteView mac_data, ByteView content,
                                                 const Pkcs12Password& password, IterationBudget& budget) {
  DerFault fault = DerFault::none;
  DerReader reader(mac_data, fault);
  DerReader digest_info = reader.enter(DerReader::sequence);
  const AlgorithmIdentifier algorithm = digest_info.algorithm();
  const ByteView expected = digest_info.need(MBEDTLS_ASN1_OCTET_STRING);
  digest_info.finish();
  const ByteView salt = reader.need(MBEDTLS_ASN1_OCTET_STRING);
  const int iterations = reader.empty() ? 1 : reader.integer();  // RFC 7292 section 4: DEFAULT 1
  reader.finish();
  if (fault != DerFault::none) {
    return problem(std::string(damaged));
  }
  if (is_oid(algorithm.oid, pbmac1_oid)) {
    return check_pbmac1(algorithm, expected, content, password, budget);
  }
  const mbedtls_asn1_buf oid = to_asn1(algorithm.oid, MBEDTLS_ASN1_OID);
  mbedtls_md_type_t hash = MBEDTLS_MD_NONE;
  constexpr std::array supported{MBEDTLS_MD_SHA1, MBEDTLS_MD_SHA224, MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384,
                                 MBEDTLS_MD_SHA512};
  if (mbedtls_oid_get_md_alg(&oid, &hash) != 0 ||
      std::find(supported.begin(), supported.end(), hash) == supported.end()) {
    return problem("has a MAC of a kind that is not supported", Remedy::convert);
  }
  if (!budget.spend(iterations)) {
    return too_many_iterations();
  }
  const auto key = derive(password, salt, iterations, hash, MBEDTLS_PKCS12_DERIVE_MAC_KEY,
                          mbedtls_md_get_size_from_type(hash));
  if (!key) {
    return tl::unexpected(key.error());
  }
  std::string failure;
  const bool same = same_mac(hash, *key, content, expected, failure);
  return failure.empty() ? tl::expected<bool, PasswordBasedError>(same) : problem(std::move(failure));
}

tl::expected<Secret, PasswordBasedError> decrypt(const AlgorithmIdentifier& algorithm, ByteView ciphertext,
                                                 const Pkcs12Password& password, IterationBudget& budget) {
  if (ciphertext.empty()) {
    return problem(std::string(damaged));
  }
  if (is_oid(algorithm.oid, MBEDTLS_OID_PKCS5_PBES2)) {
    return decrypt_pbes2(algorithm, ciphertext, password, budget);
  }
  if (is_oid(algorithm.oid, MBEDTLS_OID_PKCS12_PBE_SHA1_DES3_EDE_CBC)) {
    return decrypt_pkcs12(algorithm, MBEDTLS_CIPHER_DES_EDE3_CBC, ciphertext, password, budget);
  }
  if (is_oid(algorithm.oid, MBEDTLS_OID_PKCS12_PBE_SHA1_DES2_EDE_CBC)) {
    return decrypt_pkcs12(algorithm, MBEDTLS_CIPHER_DES_EDE_CBC, ciphertext, password, budget);
  }
  const std::string_view oid = as_text(algorithm.oid);
  if (oid.size() == pkcs12_pbe_oid_prefix.size() + 1 && oid.starts_with(pkcs12_pbe_oid_prefix)) {
    const bool rc4 = oid.back() == 1 || oid.back() == 2;
    return problem(
        fmt::format("is encrypted with {}, as old programs do, which is not supported", rc4 ? "RC4" : "RC2"),
        Remedy::convert);
  }
  return problem(unsupported_encryption, Remedy::convert);
}

}  // namespace persona::x509
