#include "persona/token/token_identity.hpp"

#include <utility>
#include <vector>

#include <mbedtls/base64.h>
#include <mbedtls/x509_crt.h>

#include "link.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/file.hpp"
#include "token_signer.hpp"

namespace persona::token {

namespace {

using Part = x509::LoadError::Part;

constexpr std::size_t longest_chain = 8;

tl::unexpected<std::vector<x509::LoadError>> refuse(Part part, std::string message) {
  return tl::unexpected(std::vector<x509::LoadError>{{part, 0, std::move(message)}});
}

Result<x509::Secret> read_pin(const std::filesystem::path& file) {
  auto pin = x509::read_password_file(file);
  if (pin && pin->view().empty()) {
    return fail(ErrorKind::configuration, "{}: the first line has to be the PIN of the token",
                printable(path_text(file)));
  }
  return pin;
}

bool is_issuer_of_itself(const mbedtls_x509_crt& certificate) {
  const auto& subject = certificate.subject_raw;
  const auto& issuer = certificate.issuer_raw;
  return ByteView(subject.p, subject.len).size() == issuer.len &&
         std::equal(subject.p, subject.p + subject.len, issuer.p);
}

/// The certificate that the URI means, and its issuers as far as the token has them, without the root.
TokenResult<x509::CertificateList> read_chain(Link& link, const Uri& uri) {
  const auto wrong = [](std::string message) { return token_failure(Fault::wrong, std::move(message)); };
  auto found = link.objects(uri, CKO_CERTIFICATE);
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (found->empty()) {
    return wrong(fmt::format("{} has no certificate {}", link.name(), printable(uri.text())));
  }
  if (found->size() > 1) {
    return wrong(
        fmt::format("{} has several certificates {}: name the one by id=, as \"p11tool --list-certs\" "
                    "shows it",
                    link.name(), printable(uri.text())));
  }
  x509::CertificateList chain;
  while (!found->empty() && chain.size() < longest_chain) {
    const auto der = link.attribute(found->front(), CKA_VALUE);
    if (!der) {
      return tl::unexpected(der.error());
    }
    x509::CertificateList next;
    if (!der->has_value() || !next.append_der(**der)) {
      return wrong(fmt::format("{} has something in the place of the certificate {} that is none",
                               link.name(), printable(uri.text())));
    }
    mbedtls_x509_crt& certificate = *next.get();
    if (is_issuer_of_itself(certificate)) {
      if (chain.empty()) {
        chain.append(std::move(next));
      }
      break;
    }
    CK_OBJECT_CLASS of_class = CKO_CERTIFICATE;
    auto issuers = link.objects({{CKA_CLASS, &of_class, sizeof of_class},
                                 {CKA_SUBJECT, certificate.issuer_raw.p, certificate.issuer_raw.len}});
    if (!issuers) {
      return tl::unexpected(issuers.error());
    }
    chain.append(std::move(next));
    *found = std::move(*issuers);
  }
  return chain;
}

/// As an identity takes it.
Result<std::string> pem_of(const x509::CertificateList& chain) {
  std::string text;
  for (const mbedtls_x509_crt* each = chain.get(); each != nullptr; each = each->next) {
    std::size_t size = 0;
    Bytes base64(each->raw.len * 2 + 16);
    if (mbedtls_base64_encode(base64.data(), base64.size(), &size, each->raw.p, each->raw.len) != 0) {
      return fail(ErrorKind::internal, "the certificate of the token cannot be written as PEM");
    }
    text += fmt::format("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                        as_text({base64.data(), size}));
  }
  return text;
}

/// The text of the certificate, from its file or the token.
tl::expected<std::string, std::vector<x509::LoadError>> certificate_text(const Source& source,
                                                                         const x509::Secret* pin) {
  if (!source.certificate) {
    const auto text = x509::read_file(source.certificate_file);
    return text ? tl::expected<std::string, std::vector<x509::LoadError>>(std::string(text->view()))
                : refuse(Part::certificate, text.error().message);
  }
  const auto link = Link::find(*source.certificate, pin);
  const auto chain = link ? read_chain(**link, *source.certificate)
                          : TokenResult<x509::CertificateList>(tl::unexpected(link.error()));
  if (!chain) {
    return refuse(Part::certificate, chain.error().message);
  }
  auto text = pem_of(*chain);
  return text ? tl::expected<std::string, std::vector<x509::LoadError>>(std::move(*text))
              : refuse(Part::certificate, text.error().message);
}

}  // namespace

LoadedFromToken load_identity(const Source& source, identity::IdentityUse use) {
  std::optional<x509::Secret> pin;
  if (source.pin_file) {
    auto read = read_pin(*source.pin_file);
    if (!read) {
      return {refuse(Part::password_file, read.error().message), ""};
    }
    pin = std::move(*read);
  }
  const auto text = certificate_text(source, pin ? &*pin : nullptr);
  if (!text) {
    return {tl::unexpected(text.error()), ""};
  }
  const std::string name =
      source.certificate ? printable(source.certificate->text()) : source.certificate_file.string();
  x509::CertificateList certificates;
  if (auto parsed = certificates.append_pem(*text, name); !parsed) {
    return {refuse(Part::certificate, parsed.error().message), ""};
  }
  auto signer = std::make_unique<const TokenSigner>(source.key, std::move(pin), std::move(certificates));
  const TokenSigner& token = *signer;
  LoadedFromToken loaded{identity::Identity::with_signer(*text, std::move(signer), use, name), ""};
  if (!loaded.identity) {
    return loaded;
  }
  if (const auto there = token.probe(); !there) {
    if (there.error().fault == Fault::wrong) {
      return {refuse(Part::private_key, there.error().message), ""};
    }
    loaded.away = there.error().message;
  }
  return loaded;
}

}  // namespace persona::token
