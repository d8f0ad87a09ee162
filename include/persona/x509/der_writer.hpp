// Writes DER (X.690) for the structures that mbedTLS has no writer for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mbedtls/asn1.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Writes from the end to the beginning, as mbedTLS does: the last element first, the header of its container
/// last. So every length is known when its header is written. The first error sticks; nothing is written
/// after it.
///
///     DerWriter der(64);
///     const auto end = der.size();
///     der.oid(...);              // the second element of a SEQUENCE
///     der.integer(2);            // the first
///     der.wrap(DerWriter::sequence, end);
class DerWriter {
 public:
  static constexpr unsigned char sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;

  /// [number], EXPLICIT or of a constructed type.
  static constexpr unsigned char constructed(unsigned char number) {
    return MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | number;
  }

  explicit DerWriter(std::size_t capacity) : buffer_(capacity), at_(buffer_.data() + capacity) {}

  /// Bytes written so far.
  std::size_t size() const { return static_cast<std::size_t>(buffer_.data() + buffer_.size() - at_); }

  void raw(ByteView bytes);
  void boolean(bool value);
  void integer(std::uint64_t value);
  void unsigned_integer(ByteView magnitude);  ///< big-endian
  void enumerated(int value);
  void oid(std::string_view oid);  ///< content octets, as in MBEDTLS_OID_*
  void bit_string(ByteView bytes);

  /// Puts a header before everything written since size() was `since`.
  void wrap(unsigned char tag, std::size_t since);

  /// An Extension (RFC 5280 section 4.1) whose value is everything written since size() was `since`.
  void extension(std::string_view oid, bool critical, std::size_t since);

  int error() const { return error_; }  ///< mbedTLS's code, or 0
  ByteView bytes() const { return {at_, size()}; }

 private:
  void note(int status);

  Bytes buffer_;
  unsigned char* at_;
  int error_ = 0;
};

}  // namespace persona::x509
