// Signatures on certificates and CRLs, and the hashes that are too weak for either.
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

/// "SHA-1" when the hash of a signature is none of SHA-256, SHA-384 and SHA-512 (RFC 9155, RFC 8446 section
/// 4.2.3), else nothing.
std::optional<std::string> weak_hash(const mbedtls_x509_crt& certificate);
std::optional<std::string> weak_hash(const mbedtls_x509_crl& list);

/// Remembers good signatures: whoever connects again and again sends the same chain. Thread-safe and bounded.
/// That a signature is good depends on nothing but what its key here covers: the signer's key, what was
/// signed, and the signature.
class SignatureCache {
 public:
  static constexpr std::size_t capacity = 1024;
  using Key = std::array<std::uint8_t, 32>;

  bool contains(const Key& key) const;
  void add(const Key& key);

  /// How many signatures had to be computed because they were not remembered, good or bad, over its life.
  std::size_t computed() const { return computed_; }
  void count_computed() { ++computed_; }

 private:
  mutable std::mutex mutex_;
  std::set<Key> good_;
  std::atomic<std::size_t> computed_ = 0;
};

enum class Signature {
  bad,   ///< not by that key, or with a weak hash
  good,  ///< and remembered from now on
  remembered,
};

/// Uses `issuer`'s key, whoever's it is.
Signature look_at_signature(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer,
                            SignatureCache& cache);

/// Did `issuer` sign it?
bool is_signed_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer, SignatureCache& cache);
bool is_signed_by(const mbedtls_x509_crl& list, const mbedtls_x509_crt& issuer, SignatureCache& cache);

}  // namespace persona::trust
