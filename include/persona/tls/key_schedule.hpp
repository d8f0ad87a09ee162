// The parts of the TLS 1.3 key schedule that are needed after the handshake (RFC 8446 section 7).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "persona/base/bytes.hpp"

namespace persona::tls {

enum class Hash : std::uint8_t { sha256, sha384 };

/// The hash of a TLS 1.3 cipher suite; nothing for any other code point.
std::optional<Hash> suite_hash(std::uint16_t cipher_suite);

std::size_t hash_size(Hash hash);  ///< 32 or 48 bytes, the size of every secret of the suite

/// A secret of the key schedule: a traffic secret, a resumption secret, a PSK. Zeroised when destroyed.
/// Copied only deliberately, through the constructor that takes bytes.
class Secret {
 public:
  static constexpr std::size_t max_size = 48;

  Secret() = default;
  explicit Secret(ByteView bytes);  ///< at most max_size bytes
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : Secret(other.view()) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return size_ == 0; }
  ByteView view() const { return {bytes_.data(), size_}; }

  /// Space for `size` bytes, for the caller to fill.
  ByteSpan allocate(std::size_t size);
  void wipe();

 private:
  std::array<std::uint8_t, max_size> bytes_{};
  std::uint8_t size_ = 0;
};

/// HKDF-Expand-Label (section 7.1); `label` without its "tls13 " prefix. Fills `output`. False: the provider
/// failed (out of memory), and `output` must not be used.
[[nodiscard]] bool expand_label(Hash hash, ByteView secret, std::string_view label, ByteView context,
                                ByteSpan output);

/// application_traffic_secret_N+1 (section 7.2): "traffic upd". Empty on failure.
Secret next_traffic_secret(Hash hash, ByteView secret);

/// The PSK of a NewSessionTicket (section 4.6.1): "resumption". Empty on failure.
Secret resumption_psk(Hash hash, ByteView resumption_master_secret, ByteView ticket_nonce);

}  // namespace persona::tls
