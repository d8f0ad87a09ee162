// RFC 9525 section 6: does a certificate have the name that was asked for?
#pragma once

#include <string_view>

#include <mbedtls/x509_crt.h>

namespace persona::trust {

/// Does the certificate have `name` in its subjectAltName? A numeric address must be an iPAddress, a SPIFFE
/// ID its only URI (X509-SVID section 2), octet by octet, any other name a dNSName as matches_dns_name()
/// (x509/dns_name.hpp) compares it. The CN never counts (RFC 9525).
bool matches_name(const mbedtls_x509_crt& certificate, std::string_view name);

}  // namespace persona::trust
