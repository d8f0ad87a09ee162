// Puts our own certificates in TLS's order (RFC 8446 section 4.4.2): each certifies the one before it.
#pragma once

#include <string>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/base/result.hpp"
#include "persona/x509/certificate.hpp"

namespace persona::identity {

struct OrderedChain {
  x509::CertificateList chain;  ///< the leaf, its issuer, the issuer's issuer, ...; then the unrelated ones
  bool reordered = false;
  std::vector<std::string> duplicates;  ///< names of certificates left out as repeated
  std::vector<std::string> unrelated;   ///< names of certificates that issued none of the others
  std::vector<std::string> broken;      ///< sentences about issuers by name that did not issue
};

/// `leaf` must be in `file`. All certificates of a cross-signed issuer are kept.
Result<OrderedChain> order_chain(const x509::CertificateList& file, const mbedtls_x509_crt& leaf);

}  // namespace persona::identity
