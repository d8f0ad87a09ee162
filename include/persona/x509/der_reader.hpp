// Reading DER (X.690) front to back over mbedTLS's ASN.1 functions.
#pragma once

#include <optional>

#include <mbedtls/asn1.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// A cursor over a sequence of values. What is taken points into the bytes it was made of.
class DerReader {
 public:
  static constexpr int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
  static constexpr int set = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET;

  /// IMPLICIT [number] of a primitive type.
  static constexpr int context(int number) { return MBEDTLS_ASN1_CONTEXT_SPECIFIC | number; }
  /// [number] around others.
  static constexpr int constructed(int number) {
    return MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | number;
  }

  explicit DerReader(ByteView bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  bool next_is(int tag) const { return !rest_.empty() && rest_.front() == tag; }

  /// The content of the next value when it has that tag; nothing, and the cursor stays, when it has not or is
  /// cut off.
  std::optional<ByteView> take(int tag) {
    // mbedTLS moves a non-const pointer, but only reads.
    auto* start = const_cast<unsigned char*>(rest_.data());
    const unsigned char* end = start + rest_.size();
    std::size_t length = 0;
    if (mbedtls_asn1_get_tag(&start, end, &length, tag) != 0) {
      return std::nullopt;
    }
    const ByteView content(start, length);
    rest_ = ByteView(start + length, end);
    return content;
  }

  /// The next value, whatever it is: its tag and content.
  struct Value {
    int tag = 0;
    ByteView content;
  };
  std::optional<Value> take_any() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const int tag = rest_.front();
    const auto content = take(tag);
    return content ? std::optional<Value>({tag, *content}) : std::nullopt;
  }

 private:
  ByteView rest_;
};

inline ByteView bytes_of(const mbedtls_asn1_buf& buffer) {
  return {buffer.p, buffer.len};
}

}  // namespace persona::x509
