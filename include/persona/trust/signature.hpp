// Signatures on certificates and CRLs, and the hashes that are too weak for them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::trust {

/// "SHA-1", if the signature's hash is not SHA-256, SHA-384 or SHA-512 (RFC 9155, RFC 8446 section 4.2.3);
/// otherwise nothing.
std::optional<std::string> weak_hash(const mbedtls_x509_crt& certificate);
std::optional<std::string> weak_hash(const mbedtls_x509_crl& list);

/// Remembers good signatures: a peer that reconnects sends the same chain each time. Thread-safe and bounded.
/// Nothing can make an entry wrong: whether a signature is good depends only on what its Key covers, that is,
/// the signer's key, what was signed, and the signature.
class SignatureCache {
 public:
  static constexpr std::size_t capacity = 1024;
  using Key = std::array<std::uint8_t, 32>;

  bool contains(const Key& key) const;
  void add(const Key& key);

  /// How many signatures, good or bad, were computed so far because they were not remembered.
  std::size_t computed() const { return computed_; }
  void count_computed() { ++computed_; }

 private:
  mutable std::mutex mutex_;
  std::set<Key> good_;
  std::atomic<std::size_t> computed_ = 0;
};

enum class Signature {
  bad,   ///< not made by that key, or with a weak hash
  good,  ///< and remembered from now on
  remembered,
};

/// Uses `issuer`'s key without asking whose it is: the caller must trust it.
Signature look_at_signature(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                            SignatureCache& cache);

/// Did `issuer` sign it?
bool is_signed_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer, SignatureCache& cache);
bool is_signed_by(const mbedtls_x509_crl& list, const mbedtls_x509_crt& issuer, SignatureCache& cache);

}  // namespace persona::trust
