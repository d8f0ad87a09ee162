// mbedTLS's verification flags of one certificate in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mbedtls/x509_crt.h>

#include "persona/identity/certificate.hpp"

namespace persona::identity {

struct Finding {
  int gravity = 0;  ///< 1 is the gravest
  std::string sentence;
};

struct FindingContext {
  std::string_view role;           ///< "gateway"
  std::string_view expected_name;  ///< may be empty
  const CertificateList* roots;    ///< may be null
  bool issuer_seen;                ///< the chain goes on above the certificate
};

/// The gravest of `flags`, which must not be zero. Depth 0 is the leaf.
Finding explain_finding(const FindingContext& context, const mbedtls_x509_crt& certificate, int depth,
                        std::uint32_t flags);

}  // namespace persona::identity
