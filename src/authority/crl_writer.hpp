// Writing certificate revocation lists (RFC 5280 section 5): mbedTLS only reads them.
#pragma once

#include <string>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "persona/authority/authority.hpp"
#include "persona/base/result.hpp"

namespace persona::authority {

/// A CRL of version 2 in PEM: authorityKeyIdentifier and crlNumber, reasonCode where there is a reason to
/// name; signed by ecdsa-with-SHA256. `key`, an EC key, belongs to `issuer`, which has a subject key
/// identifier.
Result<std::string> write_crl(const RevocationList& list, const mbedtls_x509_crt& issuer,
                              mbedtls_pk_context& key);

}  // namespace persona::authority
