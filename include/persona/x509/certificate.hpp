// X.509 certificates: lists that own them, and their contents in words.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/x509/time.hpp"

struct mbedtls_x509_crt;

namespace persona::x509 {

/// One certificate for people to read. Control characters in names are escaped.
struct CertificateInfo {
  std::string name;     ///< display_name()
  std::string subject;  ///< "CN=db.example.com, O=Example"
  std::string issuer;
  std::string serial;  ///< hexadecimal, colon-separated
  TimePoint not_before{};
  TimePoint not_after{};
  std::vector<std::string> dns_names;     ///< subjectAltName dNSName
  std::vector<std::string> ip_addresses;  ///< subjectAltName iPAddress
  std::vector<std::string> uris;          ///< subjectAltName uniformResourceIdentifier
  std::string key;                        ///< "EC secp256r1", "RSA 2048"
  std::string spki_pin;      ///< "sha256//BASE64" of the SubjectPublicKeyInfo (RFC 7469 section 2.4)
  bool for_clients = false;  ///< extendedKeyUsage is absent or includes clientAuth
  bool for_servers = false;  ///< extendedKeyUsage is absent or includes serverAuth
};

CertificateInfo describe(const mbedtls_x509_crt& certificate);

/// What finds a certificate again: in the records of its CA, which revokes by serial number, and in a list of
/// pins. Both as in CertificateInfo; empty: there is no certificate.
struct CertificateIds {
  std::string serial{};
  std::string pin{};
  std::string common_name{};  ///< see common_name_of()
};

/// The subject's, as it is: printable UTF-8 of at most 255 bytes; empty if it has none, another one, or
/// several.
std::string common_name_of(const mbedtls_x509_crt& certificate);

CertificateIds ids_of(const mbedtls_x509_crt& certificate);

/// The pin of its SubjectPublicKeyInfo. All zeros, which no configuration can pin, if hashing fails.
SpkiPin spki_pin_of(const mbedtls_x509_crt& certificate);

/// "CN=db.example.com"; when the subject is empty, the first subjectAltName; without either, "serial 4A:0F".
/// A SPIFFE ID comes before a subject without a common name, which SPIRE gives to every workload alike.
std::string display_name(const mbedtls_x509_crt& certificate);

TimePoint not_before(const mbedtls_x509_crt& certificate);
TimePoint not_after(const mbedtls_x509_crt& certificate);

/// pathLenConstraint (RFC 5280 section 4.2.1.9): how many CA certificates, self-issued ones not counted, may
/// stand between this one and the leaf. Nothing: any number.
std::optional<std::size_t> path_length_limit(const mbedtls_x509_crt& certificate);

/// A list of certificates in file order. Immutable once built, so that threads may share it.
class CertificateList {
 public:
  CertificateList();
  ~CertificateList();
  CertificateList(CertificateList&&) noexcept;
  CertificateList& operator=(CertificateList&&) noexcept;

  /// Appends every certificate of a PEM text (or one DER certificate). All or nothing: a certificate that
  /// does not parse is an error, and so is a text without any. Other blocks are skipped. Messages call the
  /// text `source`.
  Result<void> append_pem(std::string_view pem, std::string_view source = "the PEM text");

  /// The same for a bundle of which one odd certificate must not make the others unusable: those that mbedTLS
  /// does not parse though they are certificates (x509/odd_certificate.hpp) are left out, and there is a
  /// sentence for each in `left_out`. There may be no others.
  Result<void> append_readable_pem(std::string_view pem, std::string_view source,
                                   std::vector<std::string>& left_out);

  /// Appends another list's certificates without parsing them again.
  void append(CertificateList other);

  /// Appends one DER certificate, which is copied.
  Result<void> append_der(ByteView certificate);

  bool empty() const;
  std::size_t size() const;

  /// The first certificate, or null. Not const: mbedTLS takes non-const pointers even to what it only reads.
  mbedtls_x509_crt* get() const;

  /// Every certificate in words.
  std::vector<CertificateInfo> describe() const;

 private:
  struct Deleter {
    void operator()(mbedtls_x509_crt* list) const;
  };
  using Owner = std::unique_ptr<mbedtls_x509_crt, Deleter>;

  static Result<void> parse_onto(Owner& list, ByteView certificate);
  Result<void> append_all(std::string_view pem, std::string_view source, std::vector<std::string>* left_out);

  Owner list_;
};

}  // namespace persona::x509
