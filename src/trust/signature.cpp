// mbedTLS has no public function for this check, so it reads mbedTLS's private fields.
#include "persona/trust/signature.hpp"

#include <algorithm>

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <psa/crypto.h>

#include "persona/x509/der_reader.hpp"

namespace persona::trust {

namespace {

bool is_strong(mbedtls_md_type_t hash) {
  return hash == MBEDTLS_MD_SHA256 || hash == MBEDTLS_MD_SHA384 || hash == MBEDTLS_MD_SHA512;
}

/// Hashes the signer's key, with its length first so that the two parts cannot shift, and the signed object
/// with its signature. Nothing if hashing fails.
std::optional<SignatureCache::Key> cache_key(ByteView signer_key, ByteView signed_whole) {
  SignatureCache::Key key{};
  std::size_t length = 0;
  psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
  const std::array<std::uint8_t, 4> size = {static_cast<std::uint8_t>(signer_key.size() >> 24U),
                                            static_cast<std::uint8_t>(signer_key.size() >> 16U),
                                            static_cast<std::uint8_t>(signer_key.size() >> 8U),
                                            static_cast<std::uint8_t>(signer_key.size())};
  const bool hashed = psa_hash_setup(&hash, PSA_ALG_SHA_256) == PSA_SUCCESS &&
                      psa_hash_update(&hash, size.data(), size.size()) == PSA_SUCCESS &&
                      psa_hash_update(&hash, signer_key.data(), signer_key.size()) == PSA_SUCCESS &&
                      psa_hash_update(&hash, signed_whole.data(), signed_whole.size()) == PSA_SUCCESS &&
                      psa_hash_finish(&hash, key.data(), key.size(), &length) == PSA_SUCCESS &&
                      length == key.size();
  if (!hashed) {
    psa_hash_abort(&hash);
    return std::nullopt;
  }
  return key;
}

/// `Signed`: mbedtls_x509_crt or mbedtls_x509_crl, whose fields for this have the same names.
template <class Signed>
bool verify(const Signed& object, const mbedtls_x509_crt& issuer) {
  const auto hash_type = object.MBEDTLS_PRIVATE(sig_md);
  const mbedtls_md_info_t* info = mbedtls_md_info_from_type(hash_type);
  if (!is_strong(hash_type) || info == nullptr) {
    return false;
  }
  std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> hash{};
  if (mbedtls_md(info, object.tbs.p, object.tbs.len, hash.data()) != 0) {
    return false;
  }
  // mbedTLS takes a non-const pointer. Built with threading, it locks what it changes, so keys may be shared.
  auto* key = const_cast<mbedtls_pk_context*>(&issuer.pk);
  if (mbedtls_pk_can_do(key, object.MBEDTLS_PRIVATE(sig_pk)) == 0) {
    return false;
  }
  const auto& signature = object.MBEDTLS_PRIVATE(sig);
  return mbedtls_pk_verify_ext(object.MBEDTLS_PRIVATE(sig_pk), object.MBEDTLS_PRIVATE(sig_opts), key,
                               hash_type, hash.data(), mbedtls_md_get_size(info), signature.p,
                               signature.len) == 0;
}

template <class Signed>
Signature verify_and_remember(const Signed& object, const mbedtls_x509_crt& issuer, SignatureCache& cache) {
  const auto key = cache_key(x509::bytes_of(issuer.pk_raw), x509::bytes_of(object.raw));
  if (key && cache.contains(*key)) {
    return Signature::remembered;
  }
  cache.count_computed();
  const bool good = verify(object, issuer);
  if (good && key) {
    cache.add(*key);
  }
  return good ? Signature::good : Signature::bad;
}

std::optional<std::string> weakness(mbedtls_md_type_t hash) {
  if (is_strong(hash)) {
    return std::nullopt;
  }
  switch (hash) {
    case MBEDTLS_MD_MD5:
      return "MD5";
    case MBEDTLS_MD_SHA1:
      return "SHA-1";
    case MBEDTLS_MD_SHA224:
      return "SHA-224";
    default:
      return "a hash that is not supported";
  }
}

}  // namespace

std::optional<std::string> weak_hash(const mbedtls_x509_crt& certificate) {
  return weakness(certificate.MBEDTLS_PRIVATE(sig_md));
}

std::optional<std::string> weak_hash(const mbedtls_x509_crl& list) {
  return weakness(list.MBEDTLS_PRIVATE(sig_md));
}

bool SignatureCache::contains(const Key& key) const {
  const std::lock_guard lock(mutex_);
  return good_.contains(key);
}

void SignatureCache::add(const Key& key) {
  const std::lock_guard lock(mutex_);
  if (good_.size() >= capacity) {
    good_.clear();  // so a stranger can make the cache useless, but never wrong
  }
  good_.insert(key);
}

Signature look_at_signature(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                            SignatureCache& cache) {
  return verify_and_remember(certificate, issuer, cache);
}

bool is_signed_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                  SignatureCache& cache) {
  return verify_and_remember(certificate, issuer, cache) != Signature::bad;
}

bool is_signed_by(const mbedtls_x509_crl& list, const mbedtls_x509_crt& issuer, SignatureCache& cache) {
  return verify_and_remember(list, issuer, cache) != Signature::bad;
}

}  // namespace persona::trust
