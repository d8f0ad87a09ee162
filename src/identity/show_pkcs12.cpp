// PKCS#12 (RFC 7292) for `persona pki show`.
#include <mbedtls/asn1.h>

#include "show_parts.hpp"

namespace persona::identity {

// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, ... }
bool is_pkcs12(ByteView der) {
  // mbedTLS takes non-const pointers to what it only reads.
  auto* at = const_cast<unsigned char*>(der.data());
  const unsigned char* end = at + der.size();
  constexpr int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
  std::size_t length = 0;
  int version = 0;
  return mbedtls_asn1_get_tag(&at, end, &length, sequence) == 0 &&
         mbedtls_asn1_get_int(&at, end, &version) == 0 && version == 3 &&
         mbedtls_asn1_get_tag(&at, end, &length, sequence) == 0 &&
         mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_OID) == 0;
}

Result<void> describe_pkcs12(ByteView, std::optional<std::string_view> password, ShownLines& lines) {
  lines.title("PKCS#12 file");
  lines.row("content", password ? "is not shown yet: openssl pkcs12 -info -nokeys shows it"
                                : "is encrypted: name a file with its password with --password-file");
  return {};
}

}  // namespace persona::identity
