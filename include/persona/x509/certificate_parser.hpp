// One certificate into mbedTLS's form, whatever critical extensions it has: verification refuses those that
// it does not know, but only on the path that is used.
#pragma once

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Appends the DER certificate, of which it keeps a copy. mbedTLS's error code, or 0.
int parse_certificate(mbedtls_x509_crt& list, ByteView der);

}  // namespace persona::x509
