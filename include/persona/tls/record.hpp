// TLS 1.3 records, one direction at a time (RFC 8446 section 5): framing, protection, sequence numbers, key
// generations. open_session.hpp deals with their contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <tl/expected.hpp>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/tls/aead.hpp"
#include "persona/tls/key_schedule.hpp"

namespace persona::tls {

/// RFC 8446 section 5.1.
enum class ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
};

/// RFC 8446 section 6: the alerts that an open session sends, and user_canceled, which it ignores.
enum class AlertDescription : std::uint8_t {
  close_notify = 0,
  unexpected_message = 10,
  bad_record_mac = 20,
  record_overflow = 22,
  illegal_parameter = 47,
  decode_error = 50,
  internal_error = 80,
  user_canceled = 90,
};

inline constexpr std::size_t record_header_size = 5;
/// The largest plaintext of one record (section 5.1).
inline constexpr std::size_t max_record_plaintext = 16'384;
/// The largest TLSCiphertext.length (section 5.2).
inline constexpr std::size_t max_record_ciphertext = max_record_plaintext + 256;
/// By how much a record of ours exceeds its plaintext: header, inner content type, tag. We never pad.
inline constexpr std::size_t record_overhead = record_header_size + 1 + aead_tag_size;

/// The size of the record at the front of `input`, header included; 0 if the record is not complete yet. Any
/// outer type but application_data fails with unexpected_message: all records after the handshake are
/// protected.
tl::expected<std::size_t, AlertDescription> whole_record(ByteView input);

/// The keys of one direction. Not thread-safe.
class RecordProtection {
 public:
  struct Opened {
    ContentType type = ContentType::application_data;
    ByteSpan content;  ///< points into the record that was opened; padding removed
  };

  /// `cipher_suite`: a TLS 1.3 code point. Nothing if the suite is unknown or the keys cannot be derived.
  static std::optional<RecordProtection> create(std::uint16_t cipher_suite, Secret traffic_secret,
                                                AeadProvider provider = default_aead_provider());

  ~RecordProtection();
  RecordProtection(RecordProtection&&) noexcept = default;
  RecordProtection& operator=(RecordProtection&&) noexcept = default;

  /// Appends `content` to `output` as consecutive records of at most max_record_plaintext bytes each; empty
  /// content makes one empty record. False: the sequence numbers are exhausted or the AEAD failed; nothing
  /// was appended.
  [[nodiscard]] bool seal(ContentType type, ByteView content, Buffer& output);

  /// Opens one whole record (see whole_record) in place. Fails with the alert to answer with: bad_record_mac,
  /// record_overflow (the inner plaintext is too long) or unexpected_message (it has no content type, or one
  /// that must not be protected).
  tl::expected<Opened, AlertDescription> open(ByteSpan record);

  /// Moves to the next generation of keys (section 7.2) and resets the sequence number to zero. False: the
  /// keys cannot be derived, and the old ones must not be used again.
  [[nodiscard]] bool update();

  /// Records sealed or opened under the current keys: also the next sequence number (section 5.3).
  std::uint64_t records() const { return sequence_; }
  std::uint64_t bytes() const { return bytes_; }  ///< the total size of those records, headers included

  /// For tests of exhausted sequence numbers.
  void set_sequence(std::uint64_t sequence) { sequence_ = sequence; }

 private:
  explicit RecordProtection(AeadProvider provider);
  bool derive_keys();
  void nonce(std::uint8_t (&result)[aead_nonce_size]) const;
  bool exhausted() const { return sequence_ == UINT64_MAX; }

  AeadProvider provider_ = AeadProvider::psa;
  Hash hash_ = Hash::sha256;
  Aead algorithm_ = Aead::aes_256_gcm;
  Secret secret_;
  std::unique_ptr<AeadKey> key_;
  std::uint8_t iv_[aead_nonce_size] = {};
  std::uint64_t sequence_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace persona::tls
