#include "der.hpp"

namespace persona::identity {

namespace {

constexpr unsigned char indefinite_length = 0x80;

}  // namespace

void DerReader::fail(int tag) {
  if (*fault_ != DerFault::none) {
    return;
  }
  const bool in_pieces = at_ != end_ && tag >= 0 && *at_ == (tag | MBEDTLS_ASN1_CONSTRUCTED) && *at_ != tag;
  const bool indefinite = end_ - at_ >= 2 && at_[1] == indefinite_length;
  *fault_ = in_pieces || indefinite ? DerFault::ber : DerFault::damaged;
}

ByteView DerReader::take(int tag) {
  if (*fault_ != DerFault::none) {
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

int DerReader::integer() {
  if (*fault_ != DerFault::none) {
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

DerAlgorithm DerReader::algorithm() {
  DerReader inside = enter(der_sequence);
  DerAlgorithm algorithm;
  algorithm.oid = inside.take(MBEDTLS_ASN1_OID);
  if (!inside.at_end()) {
    algorithm.parameters_tag = *inside.at_;
    algorithm.parameters = inside.take(algorithm.parameters_tag);
  }
  inside.finish();
  return algorithm;
}

void DerReader::skip() {
  if (at_end()) {
    fail(-1);
    return;
  }
  take(*at_);
}

void DerReader::finish() {
  if (*fault_ == DerFault::none && at_ != end_) {
    *fault_ = DerFault::damaged;
  }
}

}  // namespace persona::identity
