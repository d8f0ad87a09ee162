#include "persona/x509/der_reader.hpp"

namespace persona::x509 {

namespace {

constexpr unsigned char indefinite_length = 0x80;

}  // namespace

std::optional<ByteView> DerReader::take(int tag) {
  if (empty()) {
    return std::nullopt;
  }
  // mbedTLS takes a non-const pointer, but only reads.
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

std::optional<DerReader::Value> DerReader::take_any() {
  if (empty()) {
    return std::nullopt;
  }
  const int tag = rest_.front();
  const auto content = take(tag);
  return content ? std::optional<Value>({tag, *content}) : std::nullopt;
}

void DerReader::note_missing(int tag) {
  if (fault_ == nullptr || has_fault()) {
    return;
  }
  // X.690 section 8: a string in pieces has the constructed bit set. It is worth a message of its own: the
  // file is intact, and only needs converting.
  const bool in_pieces =
      !rest_.empty() && rest_.front() == (tag | MBEDTLS_ASN1_CONSTRUCTED) && rest_.front() != tag;
  const bool indefinite = rest_.size() >= 2 && rest_[1] == indefinite_length;
  *fault_ = in_pieces || indefinite ? DerFault::ber : DerFault::damaged;
}

ByteView DerReader::need(int tag) {
  const auto content = take(tag);
  if (!content) {
    note_missing(tag);
  }
  return content.value_or(ByteView());
}

int DerReader::integer() {
  if (has_fault()) {
    return 0;
  }
  auto* at = const_cast<unsigned char*>(rest_.data());
  const unsigned char* end = at + rest_.size();
  int value = 0;
  if (mbedtls_asn1_get_int(&at, end, &value) != 0) {  // fails on negative and on larger values
    note_missing(MBEDTLS_ASN1_INTEGER);
    return 0;
  }
  rest_ = ByteView(at, end);
  return value;
}

AlgorithmIdentifier DerReader::algorithm() {
  DerReader inside = enter(sequence);
  AlgorithmIdentifier algorithm;
  algorithm.oid = inside.need(MBEDTLS_ASN1_OID);
  if (!inside.empty()) {
    algorithm.parameters_tag = inside.rest_.front();
    algorithm.parameters = inside.need(algorithm.parameters_tag);
  }
  inside.finish();
  return algorithm;
}

void DerReader::finish() {
  if (fault_ != nullptr && !has_fault() && !rest_.empty()) {
    *fault_ = DerFault::damaged;
  }
}

}  // namespace persona::x509
