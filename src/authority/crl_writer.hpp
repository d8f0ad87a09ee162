// Writes certificate revocation lists (RFC 5280 section 5): mbedTLS only reads them.
#pragma once

#include <string>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "persona/authority/authority.hpp"
#include "persona/base/result.hpp"

namespace persona::authority {

/// A CRL of version 2 in PEM, with authorityKeyIdentifier and crlNumber, and with reasonCode for each entry
/// that has a reason; signed with ecdsa-with-SHA256. `key` must be `issuer`'s EC key, and `issuer` must have
/// a subjectKeyIdentifier, which the CRL refers to.
Result<std::string> write_crl(const RevocationList& list, const mbedtls_x509_crt& issuer,
                              mbedtls_pk_context& key);

}  // namespace persona::authority
