// Reads single certificates to show them or to issue from them. Not for verifying peers: it accepts critical
// extensions that nobody here understands.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"

namespace persona::x509 {

struct CertificateDeleter {
  void operator()(mbedtls_x509_crt* certificate) const;
};

struct ReadCertificate {
  std::unique_ptr<mbedtls_x509_crt, CertificateDeleter> certificate;
  Bytes name_constraints;                     ///< the extension's value; empty if absent
  std::vector<std::string> unknown_critical;  ///< dotted OIDs of other critical extensions
};

/// One certificate, whatever its extensions, but none of them twice (RFC 5280 section 4.2).
Result<ReadCertificate> read_certificate(ByteView der);

/// The first CERTIFICATE block of a PEM text. Messages call the text `source`.
Result<ReadCertificate> read_certificate_pem(std::string_view pem, std::string_view source);

}  // namespace persona::x509
