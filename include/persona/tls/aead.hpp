// Authenticated encryption of one record (RFC 8446 section 5.2; RFC 5116), by the fastest provider available.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "persona/base/bytes.hpp"
#include "persona/base/tls_parameters.hpp"

namespace persona::tls {

inline constexpr std::size_t aead_nonce_size = 12;  ///< of every TLS 1.3 suite (RFC 8446 section 5.3)
inline constexpr std::size_t aead_tag_size = 16;    ///< of every suite that persona supports

/// Bytes of a key: 16 or 32.
std::size_t aead_key_size(Aead algorithm);

enum class AeadProvider {
  ipsec_mb,  ///< Intel's ipsec-mb: AES-NI up to VAES, the best that the CPU has
  psa,       ///< the PSA crypto API, which is mbedTLS: available everywhere
};

/// The one used unless a caller chooses another: ipsec-mb if it is compiled in and the CPU has AES-NI, else
/// PSA.
AeadProvider default_aead_provider();

/// False for ipsec-mb if it is not compiled in or the CPU lacks AES-NI.
bool aead_provider_available(AeadProvider provider);

/// For people to read: "ipsec-mb 1.3.0 (AVX-512)", "PSA (mbedTLS)".
std::string describe_aead_provider(AeadProvider provider);

/// One key of one direction, expanded. Zeroised when destroyed. Thread-safe: seal and open do not change it.
class AeadKey {
 public:
  /// Null when the key has the wrong size, memory runs out or the provider is not available.
  static std::unique_ptr<AeadKey> create(Aead algorithm, ByteView key,
                                         AeadProvider provider = default_aead_provider());

  virtual ~AeadKey() = default;
  AeadKey(const AeadKey&) = delete;
  AeadKey& operator=(const AeadKey&) = delete;

  /// Encrypts `content` followed by the one byte `last`, and writes content.size() + 1 + aead_tag_size bytes
  /// to `sealed`, which must not overlap `content`. `last` is the inner content type of a record; passing it
  /// separately saves copying the content to append it. False: the provider failed, and none of the output
  /// may be sent.
  [[nodiscard]] virtual bool seal(ByteView nonce, ByteView additional, ByteView content, std::uint8_t last,
                                  std::uint8_t* sealed) const = 0;

  /// Decrypts in place: the plaintext replaces the ciphertext and is aead_tag_size bytes shorter. The tag is
  /// compared in constant time. False: not authentic, and the contents of `sealed` must not be used.
  [[nodiscard]] virtual bool open(ByteView nonce, ByteView additional, ByteSpan sealed) const = 0;

 protected:
  AeadKey() = default;
};

}  // namespace persona::tls
