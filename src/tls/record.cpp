#include "persona/tls/record.hpp"

#include <cassert>
#include <new>
#include <utility>

#include <mbedtls/platform_util.h>

namespace persona::tls {

namespace {

/// RFC 8446 section 5.2: opaque_type application_data, legacy_record_version 0x0303, length.
void write_header(std::size_t length, std::uint8_t* header) {
  header[0] = static_cast<std::uint8_t>(ContentType::application_data);
  header[1] = 3;
  header[2] = 3;
  header[3] = static_cast<std::uint8_t>(length >> 8);
  header[4] = static_cast<std::uint8_t>(length);
}

}  // namespace

tl::expected<std::size_t, AlertDescription> whole_record(ByteView input) {
  if (input.empty()) {
    return 0;
  }
  if (input[0] != static_cast<std::uint8_t>(ContentType::application_data)) {
    return tl::unexpected(AlertDescription::unexpected_message);
  }
  if (input.size() < record_header_size) {
    return 0;
  }
  // legacy_record_version "MUST be ignored for all purposes" (section 5.1).
  const std::size_t length = std::size_t{input[3]} << 8 | input[4];
  if (length > max_record_ciphertext) {
    return tl::unexpected(AlertDescription::record_overflow);
  }
  const std::size_t whole = record_header_size + length;
  return input.size() < whole ? 0 : whole;
}

RecordProtection::RecordProtection(AeadProvider provider) : provider_(provider) {}

RecordProtection::~RecordProtection() {
  mbedtls_platform_zeroize(iv_, sizeof iv_);
}

std::optional<RecordProtection> RecordProtection::create(std::uint16_t cipher_suite, Secret traffic_secret,
                                                         AeadProvider provider) {
  const auto hash = suite_hash(cipher_suite);
  const CipherSuite* suite = find_cipher_suite(cipher_suite);
  if (!hash || suite == nullptr || traffic_secret.view().size() != hash_size(*hash)) {
    return std::nullopt;
  }
  RecordProtection protection(provider);
  protection.hash_ = *hash;
  protection.algorithm_ = suite->aead;
  protection.secret_ = std::move(traffic_secret);
  if (!protection.derive_keys()) {
    return std::nullopt;
  }
  return protection;
}

// RFC 8446 section 7.3.
bool RecordProtection::derive_keys() {
  std::uint8_t bytes[32];
  const ByteSpan key(bytes, aead_key_size(algorithm_));
  const bool derived = expand_label(hash_, secret_.view(), "key", {}, key) &&
                       expand_label(hash_, secret_.view(), "iv", {}, iv_);
  key_ = derived ? AeadKey::create(algorithm_, key, provider_) : nullptr;
  mbedtls_platform_zeroize(bytes, sizeof bytes);
  sequence_ = bytes_ = 0;
  return key_ != nullptr;
}

bool RecordProtection::update() {
  secret_ = next_traffic_secret(hash_, secret_.view());
  if (secret_.empty()) {
    key_.reset();
    return false;
  }
  return derive_keys();
}

// RFC 8446 section 5.3: the sequence number, padded on the left with zeros, XORed with the IV.
void RecordProtection::nonce(std::uint8_t (&result)[aead_nonce_size]) const {
  std::copy(std::begin(iv_), std::end(iv_), std::begin(result));
  for (std::size_t i = 0; i < 8; ++i) {
    result[aead_nonce_size - 1 - i] ^= static_cast<std::uint8_t>(sequence_ >> (8 * i));
  }
}

bool RecordProtection::seal(ContentType type, ByteView content, Buffer& output) {
  const std::size_t records =
      std::max<std::size_t>((content.size() + max_record_plaintext - 1) / max_record_plaintext, 1);
  if (key_ == nullptr || UINT64_MAX - sequence_ < records) {
    return false;
  }
  const std::size_t total = content.size() + records * record_overhead;
  std::uint8_t* at = output.prepare(total).data();
  for (std::size_t i = 0; i < records; ++i) {
    const ByteView share = content.first(std::min(content.size(), max_record_plaintext));
    content = content.subspan(share.size());
    write_header(share.size() + 1 + aead_tag_size, at);
    std::uint8_t iv[aead_nonce_size];
    nonce(iv);
    if (!key_->seal(iv, {at, record_header_size}, share, static_cast<std::uint8_t>(type),
                    at + record_header_size)) {
      return false;
    }
    ++sequence_;
    at += share.size() + record_overhead;
  }
  output.commit(total);
  bytes_ += total;
  return true;
}

tl::expected<RecordProtection::Opened, AlertDescription> RecordProtection::open(ByteSpan record) {
  assert(record.size() >= record_header_size);
  const ByteSpan sealed = record.subspan(record_header_size);
  std::uint8_t iv[aead_nonce_size];
  nonce(iv);
  // A record too short for a tag cannot be authentic.
  if (key_ == nullptr || exhausted() || sealed.size() < aead_tag_size ||
      !key_->open(iv, record.first(record_header_size), sealed)) {
    return tl::unexpected(AlertDescription::bad_record_mac);
  }
  ++sequence_;
  bytes_ += record.size();
  std::size_t size = sealed.size() - aead_tag_size;
  // Section 5.4: the limit is on the whole TLSInnerPlaintext, padding included.
  if (size > max_record_plaintext + 1) {
    return tl::unexpected(AlertDescription::record_overflow);
  }
  // Section 5.4: the content type is the last non-zero octet.
  while (size > 0 && sealed[size - 1] == 0) {
    --size;
  }
  if (size == 0) {
    return tl::unexpected(AlertDescription::unexpected_message);
  }
  const auto type = static_cast<ContentType>(sealed[size - 1]);
  switch (type) {
    case ContentType::alert:
    case ContentType::handshake:
    case ContentType::application_data:
      return Opened{type, sealed.first(size - 1)};
    default:
      return tl::unexpected(AlertDescription::unexpected_message);
  }
}

}  // namespace persona::tls
