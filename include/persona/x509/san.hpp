// Iterates over the subjectAltName entries of a certificate (RFC 5280 section 4.2.1.6).
#pragma once

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"

namespace persona::x509 {

/// Calls visit(MBEDTLS_X509_SAN_..., ByteView) for each entry until it returns false.
template <class Visit>
void for_each_alternative_name(const mbedtls_x509_crt& certificate, Visit visit) {
  for (const mbedtls_x509_sequence* name = &certificate.subject_alt_names; name != nullptr;
       name = name->next) {
    if (name->buf.p == nullptr) {
      continue;  // the head is part of the certificate even when the list is empty
    }
    const int type = name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (!visit(type, ByteView(name->buf.p, name->buf.len))) {
      return;
    }
  }
}

}  // namespace persona::x509
