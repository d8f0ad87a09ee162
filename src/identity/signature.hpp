// Signatures on certificates and CRLs, and what is too weak for either.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::identity {

/// "SHA-1" when the hash of a signature is none of SHA-256, SHA-384 and SHA-512 (RFC 9155, RFC 8446 section
/// 4.2.3), else nothing.
std::optional<std::string> weak_hash(const mbedtls_x509_crt& certificate);
std::optional<std::string> weak_hash(const mbedtls_x509_crl& list);

/// Why a public key is refused: "RSA 1024", "EC with explicit parameters"; nothing for RSA of at least 2048
/// bits (whole octets) and for the named curves P-256, P-384 and P-521.
std::optional<std::string> weak_key(const mbedtls_x509_crt& certificate);

/// Remembers good signatures: whoever connects again and again sends the same chain. Thread-safe and bounded.
/// That a signature is good depends on nothing but what its key here covers: the signer's key, what was
/// signed, and the signature.
class SignatureCache {
 public:
  static constexpr std::size_t capacity = 1024;
  using Key = std::array<std::uint8_t, 32>;

  bool contains(const Key& key) const;
  void add(const Key& key);

 private:
  mutable std::mutex mutex_;
  std::set<Key> good_;
};

/// Did `issuer` sign `certificate`? False for a weak hash too.
bool is_signed_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer, SignatureCache& cache);
bool is_signed_by(const mbedtls_x509_crl& list, const mbedtls_x509_crt& issuer, SignatureCache& cache);

}  // namespace persona::identity
