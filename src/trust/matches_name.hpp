// RFC 9525 section 6: does a certificate carry the name that was asked for?
#pragma once

#include <string_view>

#include <mbedtls/x509_crt.h>

namespace persona::trust {

/// Does the certificate carry `name` as a subjectAltName? A dNSName for DNS names (RFC 9525: the CN never
/// counts, a wildcard is the whole left-most label, stands for exactly one label and never for the names
/// right below a public suffix), an iPAddress for numeric addresses.
bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name);

}  // namespace persona::trust
