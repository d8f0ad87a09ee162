#include "persona/x509/pem.hpp"

#include <algorithm>

#include <mbedtls/pem.h>

#include "persona/x509/words.hpp"

namespace persona::x509 {

Result<std::vector<PemBlock>> find_pem_blocks(std::string_view text) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view dashes = "-----";
  std::vector<PemBlock> blocks;
  std::size_t line = 1;
  std::size_t counted = 0;  // the part of `text` whose lines are counted

  for (std::size_t start = text.find(begin); start != std::string_view::npos;) {
    line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                                text.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
    counted = start;
    const std::size_t label_start = start + begin.size();
    const std::size_t label_end = text.find(dashes, label_start);
    if (label_end == std::string_view::npos) {
      return fail(ErrorKind::configuration, "has a PEM block that is cut off (line {})", line);
    }
    const std::string_view label = text.substr(label_start, label_end - label_start);
    const std::size_t next = text.find(begin, label_end);
    const std::string footer = fmt::format("-----END {}-----", label);
    const std::size_t footer_start = text.find(footer, label_end);
    if (footer_start == std::string_view::npos || footer_start > next) {
      // Does not quote the label, which may be as long as the file.
      const bool certificate = label == "CERTIFICATE";
      return fail(ErrorKind::configuration, "has a {} without its -----END line (line {})",
                  certificate ? "certificate" : "PEM block", line);
    }
    std::size_t end = text.find('\n', footer_start);
    end = end == std::string_view::npos ? text.size() : end + 1;
    blocks.push_back({label, text.substr(start, end - start), line});
    start = next;
  }
  return blocks;
}

Result<Bytes> pem_content(std::string_view block, std::string_view label) {
  const std::string text(block);  // mbedTLS requires the NUL
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

bool is_private_key(const PemBlock& block) {
  return block.label.ends_with("PRIVATE KEY");
}

std::string_view instead_of_certificate(const std::vector<PemBlock>& blocks) {
  const auto has = [&](std::string_view label) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const PemBlock& block) { return block.label == label; });
  };
  if (std::any_of(blocks.begin(), blocks.end(), is_private_key)) {
    return "a private key, not a certificate";
  }
  if (has("CERTIFICATE REQUEST") || has("NEW CERTIFICATE REQUEST")) {
    return "a certificate request, not a certificate: let a CA sign it first";
  }
  if (has("PKCS7")) {
    return "a PKCS#7 bundle: convert it with openssl pkcs7 -print_certs";
  }
  return "no certificate";
}

}  // namespace persona::x509
