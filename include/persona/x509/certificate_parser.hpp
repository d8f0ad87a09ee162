// Parses one certificate, whatever critical extensions it has: a bundle may contain certificates that no path
// uses. Verification refuses unknown critical extensions on the path that it does use.
#pragma once

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Appends a copy of the DER certificate. Returns 0 or mbedTLS's error code.
int parse_certificate(mbedtls_x509_crt& list, ByteView der);

}  // namespace persona::x509
