// TLS 1.3 records, one direction at a time (RFC 8446 section 5): framing, protection, sequence numbers, key
// generations. What the records say is the business of open_session.hpp.
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

/// RFC 8446 section 6: those that we send.
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
/// What a record of ours is larger than its plaintext: header, inner content type, tag.
inline constexpr std::size_t record_overhead = record_header_size + 1 + aead_tag_size;

/// The size of the record at the front of `input`, header included; 0 when more than `input` is needed to
/// know or the record is not whole yet. Record types other than application_data are unexpected_message: all
/// that follows the handshake is protected.
tl::expected<std::size_t, AlertDescription> whole_record(ByteView input);

/// The keys of one direction. Not thread-safe.
class RecordProtection {
 public:
  struct Opened {
    ContentType type = ContentType::application_data;
    ByteSpan content;  ///< within the record that was opened, padding removed
  };

  /// `cipher_suite`: a TLS 1.3 code point. Nothing when the suite is not known or keys cannot be made.
  static std::optional<RecordProtection> create(std::uint16_t cipher_suite, Secret traffic_secret,
                                                AeadProvider provider = default_aead_provider());

  ~RecordProtection();
  RecordProtection(RecordProtection&&) noexcept = default;
  RecordProtection& operator=(RecordProtection&&) noexcept = default;

  /// Appends `content` to `output` as consecutive records of at most max_record_plaintext bytes; empty
  /// content makes one empty record. False: the sequence number is exhausted or the AEAD failed; nothing was
  /// appended.
  [[nodiscard]] bool seal(ContentType type, ByteView content, Buffer& output);

  /// Opens one whole record (see whole_record) in place. Fails with the alert to answer it by:
  /// bad_record_mac, record_overflow (the inner plaintext is too long), unexpected_message (it has no content
  /// type, or one that must not be protected).
  tl::expected<Opened, AlertDescription> open(ByteSpan record);

  /// Goes to the next generation of keys (section 7.2), with the sequence number at zero. False: keys cannot
  /// be made, and the old ones must not be used any more.
  [[nodiscard]] bool update();

  /// Records sealed or opened under the present keys, which is also the next sequence number (section 5.3).
  std::uint64_t records() const { return sequence_; }
  std::uint64_t bytes() const { return bytes_; }  ///< of those records

  /// For tests of the end of the sequence numbers.
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
