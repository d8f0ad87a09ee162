// Reads DER (X.690) front to back with mbedTLS's ASN.1 functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <mbedtls/asn1.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

enum class DerFault {
  none,
  damaged,  ///< cut off, an unexpected element, or trailing bytes
  ber,      ///< an indefinite length or a string in pieces: BER, which mbedTLS does not read
};

/// AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
struct AlgorithmIdentifier {
  ByteView oid;
  ByteView parameters;      ///< the content, without tag and length
  int parameters_tag = -1;  ///< -1: absent
};

/// A cursor over the elements in the content of a constructed element. It owns nothing: the bytes must
/// outlive it and every view that it returns.
///
/// There are two ways to read. take() is for optional elements, and each call says whether there was one.
/// need() and the functions after it are for structures of many mandatory elements: the first one missing is
/// recorded in `fault`, which all readers made from one another share. From then on each of them is at its
/// end and returns only empty views, so the caller may check the fault once, when everything is read.
class DerReader {
 public:
  static constexpr int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
  static constexpr int set = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET;

  /// IMPLICIT [number] of a primitive type.
  static constexpr int context(int number) { return MBEDTLS_ASN1_CONTEXT_SPECIFIC | number; }
  /// [number] around other elements.
  static constexpr int constructed(int number) {
    return MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | number;
  }

  explicit DerReader(ByteView bytes) : rest_(bytes) {}
  DerReader(ByteView bytes, DerFault& fault) : rest_(bytes), fault_(&fault) {}

  bool empty() const { return rest_.empty() || has_fault(); }
  ByteView rest() const { return rest_; }
  bool next_is(int tag) const { return !empty() && rest_.front() == tag; }

  /// The content of the next element if it has that tag. Nothing, and the cursor stays, if it has another or
  /// is cut off.
  std::optional<ByteView> take(int tag);

  /// The next element, whatever it is: its tag and content.
  struct Value {
    int tag = 0;
    ByteView content;
  };
  std::optional<Value> take_any();

  // Only for a reader with a fault:

  ByteView need(int tag);  ///< the content of the next element
  DerReader enter(int tag) { return {need(tag), *fault_}; }
  int integer();  ///< from 0 to 2^31 - 1
  AlgorithmIdentifier algorithm();
  void finish();  ///< a fault if anything is left

 private:
  bool has_fault() const { return fault_ != nullptr && *fault_ != DerFault::none; }
  void note_missing(int tag);

  ByteView rest_;
  DerFault* fault_ = nullptr;
};

inline ByteView bytes_of(const mbedtls_asn1_buf& buffer) {
  return {buffer.p, buffer.len};
}

/// Compares with one of mbedTLS's MBEDTLS_OID_... string literals.
template <std::size_t size>
bool is_oid(ByteView oid, const char (&expected)[size]) {
  return as_text(oid) == std::string_view(expected, size - 1);
}

}  // namespace persona::x509
