// Reading single certificates as an authority or a person does, who only looks at them. What verifies a peer
// reads them elsewhere, and refuses what it does not know.
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
  Bytes name_constraints;                     ///< the extension's value; empty: it has none
  std::vector<std::string> unknown_critical;  ///< dotted OIDs of other critical extensions
};

/// One certificate, with whatever extensions. A failure is what mbedTLS says.
Result<ReadCertificate> read_certificate(ByteView der);

/// The first CERTIFICATE of a PEM text, which is called `source` in messages.
Result<ReadCertificate> read_certificate_pem(std::string_view pem, std::string_view source);

}  // namespace persona::x509
