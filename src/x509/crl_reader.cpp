#include "persona/x509/crl_reader.hpp"

#include <array>

#include <mbedtls/x509_crl.h>

#include "persona/x509/der_reader.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

// The content of the one value in an extension; nothing if the extension is absent or not of that kind.
std::optional<ByteView> value_of(const std::optional<Extensions>& extensions, std::string_view id, int tag) {
  const Extension* found = extensions ? extensions->find(id) : nullptr;
  const auto value = found != nullptr ? DerReader(found->value).take(tag) : std::nullopt;
  return value && !value->empty() ? value : std::nullopt;
}

ReadCrl::Entry read_entry(const mbedtls_x509_crl_entry& entry) {
  ReadCrl::Entry read{
      {entry.serial.p, entry.serial.p + entry.serial.len}, to_time_point(entry.revocation_date), 0};
  DerReader fields(bytes_of(entry.raw));
  if (fields.take(MBEDTLS_ASN1_INTEGER) && fields.take_any()) {  // serial number and date
    const auto reason = value_of(Extensions::read(fields.rest()), oid::crl_reason, MBEDTLS_ASN1_ENUMERATED);
    read.reason = reason && reason->size() == 1 ? reason->front() : 0;
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
  if (crl.next_update.year != 0) {  // mbedTLS leaves an absent nextUpdate zero
    read.next_update = to_time_point(crl.next_update);
  }
  if (const auto number =
          value_of(Extensions::read(bytes_of(crl.crl_ext)), oid::crl_number, MBEDTLS_ASN1_INTEGER)) {
    read.number = serial_text(*number);
  }
  // The list's head is part of the CRL, and empty when nothing is revoked.
  for (const mbedtls_x509_crl_entry* entry = &crl.entry; entry != nullptr && entry->raw.len != 0;
       entry = entry->next) {
    read.entries.push_back(read_entry(*entry));
  }
  mbedtls_x509_crl_free(&crl);
  return read;
}

}  // namespace persona::x509
