#include "persona/x509/certificate_parser.hpp"

namespace persona::x509 {

namespace {

// An mbedtls_x509_crt_ext_cb_t: called for each extension that mbedTLS does not support.
int accept_extension(void* /*context*/, const mbedtls_x509_crt* /*certificate*/,
                     const mbedtls_x509_buf* /*oid*/, int /*critical*/, const unsigned char* /*value*/,
                     const unsigned char* /*end*/) {
  return 0;
}

}  // namespace

int parse_certificate(mbedtls_x509_crt& list, ByteView der) {
  constexpr int make_copy = 1;
  return mbedtls_x509_crt_parse_der_with_ext_cb(&list, der.data(), der.size(), make_copy, accept_extension,
                                                nullptr);
}

}  // namespace persona::x509
