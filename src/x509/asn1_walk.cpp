#include "asn1_walk.hpp"

namespace persona::x509 {

namespace {

constexpr unsigned char indefinite_length = 0x80;

}  // namespace

void Asn1Walk::fail(int tag) {
  if (*fault_ != Asn1Fault::none) {
    return;
  }
  const bool in_pieces = at_ != end_ && tag >= 0 && *at_ == (tag | MBEDTLS_ASN1_CONSTRUCTED) && *at_ != tag;
  const bool indefinite = end_ - at_ >= 2 && at_[1] == indefinite_length;
  *fault_ = in_pieces || indefinite ? Asn1Fault::ber : Asn1Fault::damaged;
}

ByteView Asn1Walk::take(int tag) {
  if (*fault_ != Asn1Fault::none) {
    return {};
  }
  auto* at = const_cast<unsigned char*>(at_);  // mbedTLS only reads
  std::size_t size = 0;
  if (mbedtls_asn1_get_tag(&at, end_, &size, tag) != 0) {
    fail(tag);
    return {};
  }
  at_ = at + size;
  return {at, size};
}

int Asn1Walk::integer() {
  if (*fault_ != Asn1Fault::none) {
    return 0;
  }
  auto* at = const_cast<unsigned char*>(at_);
  int value = 0;
  if (mbedtls_asn1_get_int(&at, end_, &value) != 0) {  // refuses negative and larger ones
    fail(-1);
    return 0;
  }
  at_ = at;
  return value;
}

Asn1Algorithm Asn1Walk::algorithm() {
  Asn1Walk inside = enter(asn1_sequence);
  Asn1Algorithm algorithm;
  algorithm.oid = inside.take(MBEDTLS_ASN1_OID);
  if (!inside.at_end()) {
    algorithm.parameters_tag = *inside.at_;
    algorithm.parameters = inside.take(algorithm.parameters_tag);
  }
  inside.finish();
  return algorithm;
}

void Asn1Walk::skip() {
  if (at_end()) {
    fail(-1);
    return;
  }
  take(*at_);
}

void Asn1Walk::finish() {
  if (*fault_ == Asn1Fault::none && at_ != end_) {
    *fault_ = Asn1Fault::damaged;
  }
}

}  // namespace persona::x509
