#include "persona/x509/der_writer.hpp"

#include <array>

#include <mbedtls/asn1write.h>

namespace persona::x509 {

void DerWriter::note(int status) {
  if (error_ == 0 && status < 0) {
    error_ = status;
  }
}

void DerWriter::raw(ByteView bytes) {
  if (error_ == 0) {
    note(mbedtls_asn1_write_raw_buffer(&at_, buffer_.data(), bytes.data(), bytes.size()));
  }
}

void DerWriter::boolean(bool value) {
  if (error_ == 0) {
    note(mbedtls_asn1_write_bool(&at_, buffer_.data(), value ? 1 : 0));
  }
}

void DerWriter::integer(std::uint64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = octets.size(); i-- > 0; value >>= 8U) {
    octets[i] = static_cast<std::uint8_t>(value & 0xffU);
  }
  unsigned_integer(octets);
}

void DerWriter::unsigned_integer(ByteView magnitude) {
  while (magnitude.size() > 1 && magnitude.front() == 0) {
    magnitude = magnitude.subspan(1);
  }
  const std::size_t end = size();
  raw(magnitude);
  if (magnitude.empty() || (magnitude.front() & 0x80U) != 0) {
    raw(std::array<std::uint8_t, 1>{0});  // or it would read as negative
  }
  wrap(MBEDTLS_ASN1_INTEGER, end);
}

void DerWriter::enumerated(int value) {
  if (error_ == 0) {
    note(mbedtls_asn1_write_enum(&at_, buffer_.data(), value));
  }
}

void DerWriter::oid(std::string_view oid) {
  if (error_ == 0) {
    note(mbedtls_asn1_write_oid(&at_, buffer_.data(), oid.data(), oid.size()));
  }
}

void DerWriter::bit_string(ByteView bytes) {
  const std::size_t end = size();
  raw(bytes);
  raw(std::array<std::uint8_t, 1>{0});  // no unused bits
  wrap(MBEDTLS_ASN1_BIT_STRING, end);
}

void DerWriter::wrap(unsigned char tag, std::size_t since) {
  if (error_ == 0) {
    note(mbedtls_asn1_write_len(&at_, buffer_.data(), size() - since));
  }
  if (error_ == 0) {
    note(mbedtls_asn1_write_tag(&at_, buffer_.data(), tag));
  }
}

void DerWriter::extension(std::string_view id, bool critical, std::size_t since) {
  wrap(MBEDTLS_ASN1_OCTET_STRING, since);
  if (critical) {
    boolean(true);  // DER omits the default
  }
  oid(id);
  wrap(sequence, since);
}

}  // namespace persona::x509
