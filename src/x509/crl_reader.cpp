#include "persona/x509/crl_reader.hpp"

#include <array>

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crl.h>

#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

constexpr std::string_view crl_number_oid = "\x55\x1d\x14";
constexpr std::string_view crl_reason_oid = "\x55\x1d\x15";
constexpr int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;

// The value of one extension in a list of them (RFC 5280 section 4.1), or nothing.
std::optional<ByteView> find_extension(ByteView list, std::string_view wanted) {
  // mbedTLS takes non-const pointers to what it only reads.
  auto* at = const_cast<unsigned char*>(list.data());
  const unsigned char* end = at + list.size();
  while (at != nullptr && at < end) {
    std::size_t length = 0;
    if (mbedtls_asn1_get_tag(&at, end, &length, sequence) != 0) {
      return std::nullopt;
    }
    const unsigned char* next = at + length;
    if (mbedtls_asn1_get_tag(&at, next, &length, MBEDTLS_ASN1_OID) != 0) {
      return std::nullopt;
    }
    const bool found = std::string_view(reinterpret_cast<const char*>(at), length) == wanted;
    at += length;
    int critical = 0;
    if (at < next && *at == MBEDTLS_ASN1_BOOLEAN && mbedtls_asn1_get_bool(&at, next, &critical) != 0) {
      return std::nullopt;
    }
    if (mbedtls_asn1_get_tag(&at, next, &length, MBEDTLS_ASN1_OCTET_STRING) != 0) {
      return std::nullopt;
    }
    if (found) {
      return ByteView(at, length);
    }
    at = const_cast<unsigned char*>(next);
  }
  return std::nullopt;
}

// An empty view where `list` is not the sequence that it should be.
ByteView inside_sequence(ByteView list) {
  auto* at = const_cast<unsigned char*>(list.data());
  std::size_t length = 0;
  if (at == nullptr || mbedtls_asn1_get_tag(&at, at + list.size(), &length, sequence) != 0) {
    return {};
  }
  return {at, length};
}

std::optional<ByteView> value_of(ByteView der, int tag) {
  auto* at = const_cast<unsigned char*>(der.data());
  std::size_t length = 0;
  if (mbedtls_asn1_get_tag(&at, der.data() + der.size(), &length, tag) != 0 || length == 0) {
    return std::nullopt;
  }
  return ByteView(at, length);
}

ReadCrl::Entry read_entry(const mbedtls_x509_crl_entry& entry) {
  ReadCrl::Entry read{
      {entry.serial.p, entry.serial.p + entry.serial.len}, to_time_point(entry.revocation_date), 0};
  if (entry.entry_ext.p == nullptr) {
    return read;
  }
  const ByteView rest(entry.entry_ext.p, entry.raw.p + entry.raw.len);
  if (const auto reason = find_extension(inside_sequence(rest), crl_reason_oid)) {
    const auto value = value_of(*reason, MBEDTLS_ASN1_ENUMERATED);
    read.reason = value && value->size() == 1 ? value->front() : 0;
  }
  return read;
}

}  // namespace

std::uint64_t ReadCrl::small_number() const {
  std::uint64_t value = 0;
  const Bytes octets = number ? serial_octets(*number) : Bytes();
  if (octets.size() > sizeof(value)) {
    return 0;
  }
  for (const std::uint8_t octet : octets) {
    value = (value << 8U) | octet;
  }
  return value;
}

std::string_view crl_reason_in_words(int reason) {
  constexpr std::array<std::string_view, 11> words{
      "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded",    "cessationOfOperation", "certificateHold", "(reason 7)",
      "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  const auto index = static_cast<std::size_t>(reason);
  return index < words.size() ? words.at(index) : "(unknown reason)";
}

Result<ReadCrl> read_crl(ByteView der) {
  mbedtls_x509_crl crl;
  mbedtls_x509_crl_init(&crl);
  const int status = mbedtls_x509_crl_parse_der(&crl, der.data(), der.size());
  if (status != 0) {
    mbedtls_x509_crl_free(&crl);
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  ReadCrl read;
  read.issuer = name_in_words(crl.issuer);
  read.issuer_name.assign(crl.issuer_raw.p, crl.issuer_raw.p + crl.issuer_raw.len);
  read.this_update = to_time_point(crl.this_update);
  if (crl.next_update.year != 0) {
    read.next_update = to_time_point(crl.next_update);
  }
  if (const auto number = find_extension(inside_sequence({crl.crl_ext.p, crl.crl_ext.len}), crl_number_oid)) {
    if (const auto value = value_of(*number, MBEDTLS_ASN1_INTEGER)) {
      read.number = serial_text(*value);
    }
  }
  for (const mbedtls_x509_crl_entry* entry = &crl.entry; entry != nullptr && entry->raw.len != 0;
       entry = entry->next) {
    read.entries.push_back(read_entry(*entry));
  }
  mbedtls_x509_crl_free(&crl);
  return read;
}

}  // namespace persona::x509
