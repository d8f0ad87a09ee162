// Our own certificates in the order in which TLS wants them (RFC 8446 section 4.4.2).
#pragma once

#include <string>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/base/result.hpp"
#include "persona/x509/certificate.hpp"

namespace persona::identity {

struct OrderedChain {
  x509::CertificateList
      chain;  ///< the leaf, its issuer, the issuer's, ...; then what belongs to none of them
  bool reordered = false;
  std::vector<std::string> duplicates;  ///< names of certificates that were there before, and left out
  std::vector<std::string> unrelated;   ///< names of certificates that issued none of the others
  std::vector<std::string> broken;      ///< sentences: an issuer by its name that is none
};

/// `leaf` is one of `file`. Of several issuers with one name and key (cross-signed) all are kept.
Result<OrderedChain> order_chain(const x509::CertificateList& file, const mbedtls_x509_crt& leaf);

}  // namespace persona::identity
