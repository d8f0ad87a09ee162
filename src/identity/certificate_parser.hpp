// One certificate into mbedTLS's form, whatever critical extensions it has: verification refuses those that
// it does not know, but only on the path that is used.
#pragma once

#include <string_view>

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::identity {

/// Appends the DER certificate, of which it keeps a copy. mbedTLS's error code, or 0.
int parse_certificate(mbedtls_x509_crt& list, ByteView der);

/// The same for one PEM block.
int parse_certificate_pem(mbedtls_x509_crt& list, std::string_view block);

}  // namespace persona::identity
