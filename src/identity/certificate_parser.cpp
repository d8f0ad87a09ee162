#include "certificate_parser.hpp"

#include <string>

#include <mbedtls/pem.h>

namespace persona::identity {

namespace {

// An mbedtls_x509_crt_ext_cb_t: it is asked about what mbedTLS does not know.
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

int parse_certificate_pem(mbedtls_x509_crt& list, std::string_view block) {
  const std::string text(block);  // mbedTLS wants the NUL
  mbedtls_pem_context pem;
  mbedtls_pem_init(&pem);
  std::size_t used = 0;
  int status =
      mbedtls_pem_read_buffer(&pem, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
                              reinterpret_cast<const unsigned char*>(text.c_str()), nullptr, 0, &used);
  if (status == 0) {
    std::size_t size = 0;
    const unsigned char* der = mbedtls_pem_get_buffer(&pem, &size);
    status = parse_certificate(list, {der, size});
  }
  mbedtls_pem_free(&pem);
  return status;
}

}  // namespace persona::identity
