// PKCS#12 (RFC 7292) for `persona pki show`.
#include "persona/x509/pkcs12.hpp"
#include "show_parts.hpp"

namespace persona::x509 {

Result<void> describe_pkcs12(ByteView der, std::optional<std::string_view> password, ShownLines& lines) {
  const auto content = parse_pkcs12(der, password, "the PKCS#12 file");
  if (!content && !password) {
    lines.title("PKCS#12 file");
    lines.row("content", "needs its password (or is damaged): name a file with it with --password-file");
    return {};
  }
  if (!content) {
    return fail(ErrorKind::configuration, "{}", content.error().message);
  }
  std::vector<ReadCertificate> chain;
  for (const mbedtls_x509_crt* each = content->certificates.get(); each != nullptr; each = each->next) {
    auto read = read_certificate({each->raw.p, each->raw.len});
    if (!read) {
      return tl::unexpected(read.error());
    }
    chain.push_back(std::move(*read));
  }
  lines.title("PKCS#12 file with a private key and these certificates");
  for (std::size_t index = 0; index < chain.size(); ++index) {
    show_certificate(chain, index, lines);
  }
  constexpr bool encrypted = true;
  show_private_key(*content->key, encrypted, chain, lines);
  return {};
}

}  // namespace persona::x509
