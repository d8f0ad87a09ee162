// Authenticated encryption of one record (RFC 8446 section 5.2; RFC 5116), from the fastest provider that
// runs here.
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
inline constexpr std::size_t aead_tag_size = 16;    ///< of every suite persona knows

/// Bytes of a key: 16 or 32.
std::size_t aead_key_size(Aead algorithm);

enum class AeadProvider {
  ipsec_mb,  ///< Intel's ipsec-mb: AES-NI to VAES, whichever the CPU has
  psa,       ///< PSA's crypto API, so mbedTLS: everywhere
};

/// The one used unless a caller asks otherwise: ipsec-mb where it is compiled in and the CPU has AES-NI.
AeadProvider default_aead_provider();

/// False for ipsec-mb where it is not compiled in or the CPU lacks AES-NI.
bool aead_provider_available(AeadProvider provider);

/// For people: "ipsec-mb 1.3.0 (AVX-512)", "PSA (mbedTLS)".
std::string describe_aead_provider(AeadProvider provider);

/// One key of one direction, expanded. Zeroised when destroyed. Not bound to a thread, and safe to use from
/// several: seal and open change nothing in it.
class AeadKey {
 public:
  /// Null when the key has the wrong size, memory runs out or the provider is not available.
  static std::unique_ptr<AeadKey> create(Aead algorithm, ByteView key,
                                         AeadProvider provider = default_aead_provider());

  virtual ~AeadKey() = default;
  AeadKey(const AeadKey&) = delete;
  AeadKey& operator=(const AeadKey&) = delete;

  /// Encrypts `content` and then the one byte `last`, and writes content.size() + 1 + aead_tag_size bytes to
  /// `sealed`, which must not overlap `content`. `last` is the inner content type of a record, which thereby
  /// need not be copied behind the content. False: the provider failed, and nothing of it may be sent.
  [[nodiscard]] virtual bool seal(ByteView nonce, ByteView additional, ByteView content, std::uint8_t last,
                                  std::uint8_t* sealed) const = 0;

  /// Decrypts in place; the plaintext takes the place of the ciphertext, aead_tag_size bytes shorter. The tag
  /// is compared in constant time. False: not authentic, and what is in `sealed` must not be used.
  [[nodiscard]] virtual bool open(ByteView nonce, ByteView additional, ByteSpan sealed) const = 0;

 protected:
  AeadKey() = default;
};

}  // namespace persona::tls
