#include "persona/x509/certificate_reader.hpp"

#include <algorithm>

#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/extensions.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/words.hpp"

namespace persona::x509 {

void CertificateDeleter::operator()(mbedtls_x509_crt* certificate) const {
  mbedtls_x509_crt_free(certificate);
  delete certificate;
}

Result<ReadCertificate> read_certificate(ByteView der) {
  ReadCertificate read;
  read.certificate.reset(new mbedtls_x509_crt);
  mbedtls_x509_crt_init(read.certificate.get());
  if (const int status = parse_certificate(*read.certificate, der); status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  const auto extensions = Extensions::read(bytes_of(read.certificate->v3_ext));
  if (!extensions) {
    return fail(ErrorKind::configuration, "an extension is there twice");
  }
  for (const Extension& extension : extensions->all()) {
    if (as_text(extension.oid) == oid::name_constraints) {
      read.name_constraints.assign(extension.value.begin(), extension.value.end());
    } else if (extension.critical && !is_known(extension)) {
      read.unknown_critical.push_back(oid_in_words(extension.oid));
    }
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

}  // namespace persona::x509
