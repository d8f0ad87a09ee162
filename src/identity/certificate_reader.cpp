#include "certificate_reader.hpp"

#include <algorithm>
#include <array>

#include <mbedtls/oid.h>
#include <mbedtls/pem.h>

#include "pem.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

// Called for what mbedTLS does not know: 0 accepts it.
int note_extension(void* context, const mbedtls_x509_crt*, const mbedtls_x509_buf* oid, int critical,
                   const unsigned char* begin, const unsigned char* end) {
  try {
    auto& read = *static_cast<ReadCertificate*>(context);
    const std::string_view id(reinterpret_cast<const char*>(oid->p), oid->len);
    if (id == MBEDTLS_OID_NAME_CONSTRAINTS) {
      read.name_constraints.assign(begin, end);
    } else if (critical != 0) {
      std::array<char, 256> text{};
      const int length = mbedtls_oid_get_numeric_string(text.data(), text.size(), oid);
      read.unknown_critical.emplace_back(length > 0 ? text.data() : "(an OID that cannot be shown)");
    }
  } catch (...) {
    return MBEDTLS_ERR_X509_ALLOC_FAILED;
  }
  return 0;
}

}  // namespace

void CertificateDeleter::operator()(mbedtls_x509_crt* certificate) const {
  mbedtls_x509_crt_free(certificate);
  delete certificate;
}

Result<ReadCertificate> read_certificate(ByteView der) {
  ReadCertificate read;
  read.certificate.reset(new mbedtls_x509_crt);
  mbedtls_x509_crt_init(read.certificate.get());
  const int status = mbedtls_x509_crt_parse_der_with_ext_cb(read.certificate.get(), der.data(), der.size(), 1,
                                                            note_extension, &read);
  if (status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  return read;
}

Result<ReadCertificate> read_certificate_pem(std::string_view pem, std::string_view source) {
  const auto blocks = find_pem_blocks(pem);
  if (!blocks) {
    return fail(ErrorKind::configuration, "{} {}", source, blocks.error().message);
  }
  const auto block = std::find_if(blocks->begin(), blocks->end(),
                                  [](const PemBlock& one) { return one.label == "CERTIFICATE"; });
  if (block == blocks->end()) {
    return fail(ErrorKind::configuration, "{} contains {}", source, instead_of_certificate(*blocks));
  }
  const auto der = pem_content(block->text, block->label);
  if (!der) {
    return fail(ErrorKind::configuration, "{} cannot be parsed: {}", source, der.error().message);
  }
  auto read = read_certificate(*der);
  if (!read) {
    return fail(ErrorKind::configuration, "{} cannot be parsed: {}", source, read.error().message);
  }
  return read;
}

Result<Bytes> pem_content(std::string_view block, std::string_view label) {
  const std::string text(block);  // mbedTLS wants the NUL
  const std::string header = fmt::format("-----BEGIN {}-----", label);
  const std::string footer = fmt::format("-----END {}-----", label);
  mbedtls_pem_context pem;
  mbedtls_pem_init(&pem);
  std::size_t used = 0;
  const int status =
      mbedtls_pem_read_buffer(&pem, header.c_str(), footer.c_str(),
                              reinterpret_cast<const unsigned char*>(text.c_str()), nullptr, 0, &used);
  Bytes content;
  if (status == 0) {
    std::size_t size = 0;
    const unsigned char* data = mbedtls_pem_get_buffer(&pem, &size);
    content.assign(data, data + size);
  }
  mbedtls_pem_free(&pem);
  if (status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  return content;
}

}  // namespace persona::identity
