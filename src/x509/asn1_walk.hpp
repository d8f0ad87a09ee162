// Reading DER element by element, by mbedTLS's ASN.1 functions. The first fault stops every reader that
// shares it.
#pragma once

#include <cstddef>
#include <string_view>

#include <mbedtls/asn1.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

enum class Asn1Fault {
  none,
  damaged,  ///< cut off, another element than expected, or more than expected
  ber,      ///< an indefinite length or a string in pieces: BER, which mbedTLS does not read
};

constexpr int asn1_sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
constexpr int asn1_set = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET;
constexpr int asn1_explicit_0 = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED;
constexpr int asn1_implicit_0 = MBEDTLS_ASN1_CONTEXT_SPECIFIC;

/// AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
struct Asn1Algorithm {
  ByteView oid;
  ByteView parameters;      ///< the content, without tag and length
  int parameters_tag = -1;  ///< -1: absent
};

/// Walks over the elements of one constructed element's content. After a fault it is at its end, and all it
/// gives is empty, so that the fault need be looked at only once. A view: the bytes and the fault must
/// outlive it.
class Asn1Walk {
 public:
  Asn1Walk(ByteView bytes, Asn1Fault& fault) : at_(bytes.data()), end_(at_ + bytes.size()), fault_(&fault) {}

  bool at_end() const { return at_ == end_ || *fault_ != Asn1Fault::none; }
  bool is_next(int tag) const { return !at_end() && *at_ == tag; }

  ByteView take(int tag);  ///< the content of the next element
  Asn1Walk enter(int tag) { return {take(tag), *fault_}; }
  int integer();  ///< of 0 to 2^31 - 1
  Asn1Algorithm algorithm();
  void skip();    ///< one element, whatever it is
  void finish();  ///< a fault, unless nothing is left

 private:
  void fail(int tag);

  const unsigned char* at_;
  const unsigned char* end_;
  Asn1Fault* fault_;
};

/// Compares with one of mbedTLS's MBEDTLS_OID_... string literals.
template <std::size_t size>
bool is_oid(ByteView oid, const char (&expected)[size]) {
  return as_text(oid) == std::string_view(expected, size - 1);
}

}  // namespace persona::x509
