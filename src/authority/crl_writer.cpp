#include "crl_writer.hpp"

#include <array>

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>

#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/der_writer.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/words.hpp"

namespace persona::authority {

namespace {

constexpr std::size_t entry_capacity = 96;  // 20 octets of serial, a time, a reason and their headers
constexpr std::size_t list_capacity = 4096;

void write_algorithm(x509::DerWriter& der) {
  const std::size_t end = der.size();
  der.oid(MBEDTLS_OID_ECDSA_SHA256);  // without parameters (RFC 5758 section 3.2)
  der.wrap(x509::DerWriter::sequence, end);
}

// RFC 5280 section 5.1.2.4: UTCTime through 2049, GeneralizedTime from 2050 on.
void write_time(x509::DerWriter& der, x509::TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  const bool general = year >= 2050;
  const std::string text =
      fmt::format("{:0{}}{:02}{:02}{:02}{:02}{:02}Z", general ? year : year % 100, general ? 4 : 2,
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const std::size_t end = der.size();
  der.raw(as_bytes(text));
  der.wrap(general ? MBEDTLS_ASN1_GENERALIZED_TIME : MBEDTLS_ASN1_UTC_TIME, end);
}

void write_entry(x509::DerWriter& der, const RevokedCertificate& revoked) {
  const std::size_t end = der.size();
  if (revoked.reason != RevocationReason::unspecified) {  // RFC 5280 section 5.3.1: omit that one
    der.enumerated(static_cast<int>(revoked.reason));
    der.extension(x509::oid::crl_reason, false, end);
    der.wrap(x509::DerWriter::sequence, end);
  }
  write_time(der, revoked.when);
  der.unsigned_integer(revoked.serial);
  der.wrap(x509::DerWriter::sequence, end);
}

void write_extensions(x509::DerWriter& der, std::uint64_t number, ByteView issuer_key_id) {
  const std::size_t end = der.size();
  der.integer(number);
  der.extension(x509::oid::crl_number, false, end);
  const std::size_t before_number = der.size();
  der.raw(issuer_key_id);
  der.wrap(MBEDTLS_ASN1_CONTEXT_SPECIFIC | 0, before_number);
  der.wrap(x509::DerWriter::sequence, before_number);
  der.extension(MBEDTLS_OID_AUTHORITY_KEY_IDENTIFIER, false, before_number);
  der.wrap(x509::DerWriter::sequence, end);
  der.wrap(x509::DerWriter::constructed(0), end);
}

// tbsCertList
void write_content(x509::DerWriter& der, const RevocationList& list, const mbedtls_x509_crt& issuer) {
  write_extensions(der, list.number, {issuer.subject_key_id.p, issuer.subject_key_id.len});
  if (!list.revoked.empty()) {  // RFC 5280 section 5.1.2.6: absent if empty
    const std::size_t end = der.size();
    for (auto revoked = list.revoked.rbegin(); revoked != list.revoked.rend(); ++revoked) {
      write_entry(der, *revoked);
    }
    der.wrap(x509::DerWriter::sequence, end);
  }
  write_time(der, list.next_update);
  write_time(der, list.this_update);
  der.raw({issuer.subject_raw.p, issuer.subject_raw.len});
  write_algorithm(der);
  der.integer(1);  // v2
  der.wrap(x509::DerWriter::sequence, 0);
}

Result<Bytes> sign(ByteView content, mbedtls_pk_context& key) {
  std::array<unsigned char, 32> hash{};
  int status =
      mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), content.data(), content.size(), hash.data());
  Bytes signature(MBEDTLS_PK_SIGNATURE_MAX_SIZE);
  std::size_t length = 0;
  if (status == 0) {
    status = mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, hash.data(), hash.size(), signature.data(),
                             signature.size(), &length, x509::psa_random, nullptr);
  }
  if (status != 0) {
    return fail(ErrorKind::internal, "cannot sign a CRL: {}", x509::mbedtls_reason(status));
  }
  signature.resize(length);
  return signature;
}

Result<std::string> in_pem(ByteView der) {
  std::string pem(der.size() * 2 + 256, '\0');
  std::size_t length = 0;
  const int status =
      mbedtls_pem_write_buffer("-----BEGIN X509 CRL-----\n", "-----END X509 CRL-----\n", der.data(),
                               der.size(), reinterpret_cast<unsigned char*>(pem.data()), pem.size(), &length);
  if (status != 0 || length == 0) {
    return fail(ErrorKind::internal, "cannot write a CRL: {}", x509::mbedtls_reason(status));
  }
  pem.resize(length - 1);  // the length counts the NUL
  return pem;
}

}  // namespace

Result<std::string> write_crl(const RevocationList& list, const mbedtls_x509_crt& issuer,
                              mbedtls_pk_context& key) {
  if (issuer.subject_key_id.p == nullptr || issuer.subject_key_id.len == 0) {
    return fail(ErrorKind::configuration, "{} has no subject key identifier, which a CRL refers to",
                x509::display_name(issuer));
  }
  const std::size_t capacity = list_capacity + issuer.subject_raw.len + entry_capacity * list.revoked.size();
  x509::DerWriter content(capacity);
  write_content(content, list, issuer);
  if (content.error() != 0) {
    return fail(ErrorKind::internal, "cannot write a CRL: {}", x509::mbedtls_reason(content.error()));
  }
  const auto signature = sign(content.bytes(), key);
  if (!signature) {
    return tl::unexpected(signature.error());
  }
  x509::DerWriter whole(capacity + signature->size() + 64);
  whole.bit_string(*signature);
  write_algorithm(whole);
  whole.raw(content.bytes());
  whole.wrap(x509::DerWriter::sequence, 0);
  if (whole.error() != 0) {
    return fail(ErrorKind::internal, "cannot write a CRL: {}", x509::mbedtls_reason(whole.error()));
  }
  return in_pem(whole.bytes());
}

}  // namespace persona::authority
