#include "persona/authority/authority.hpp"

#include <utility>

#include <mbedtls/platform_util.h>
#include <mbedtls/x509_crt.h>

#include "certificate_writer.hpp"
#include "crl_writer.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/certificate_reader.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/private_key.hpp"
#include "persona/x509/words.hpp"

namespace persona::authority {

namespace {

void wipe(std::string& text) {
  mbedtls_platform_zeroize(text.data(), text.size());
}

Result<PemPair> fresh_pair(const IssueRequest& request, const Issuer& issuer) {
  auto key = generate_key();
  if (!key) {
    return tl::unexpected(key.error());
  }
  auto certificate = write_leaf_certificate(request, **key, issuer);
  if (!certificate) {
    return tl::unexpected(certificate.error());
  }
  auto private_key = key_pem(**key);
  if (!private_key) {
    return tl::unexpected(private_key.error());
  }
  PemPair pair;
  pair.certificate = std::move(*certificate);
  pair.private_key = std::move(*private_key);
  return pair;
}

}  // namespace

PemPair& PemPair::operator=(PemPair&& other) noexcept {
  if (this != &other) {
    wipe(private_key);
    certificate = std::move(other.certificate);
    private_key = std::move(other.private_key);
  }
  return *this;
}

PemPair::~PemPair() {
  wipe(private_key);
}

struct Authority::Impl {
  std::string dn;
  x509::PrivateKey key;
  std::string certificate;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Result<Authority> Authority::create(const AuthorityRequest& request) {
  auto key = generate_key();
  if (!key) {
    return tl::unexpected(key.error());
  }
  auto certificate = write_authority_certificate(request, **key);
  if (!certificate) {
    return tl::unexpected(certificate.error());
  }
  auto impl = std::make_unique<Impl>();
  impl->dn = common_name_dn(request.common_name);
  impl->key = std::move(*key);
  impl->certificate = std::move(*certificate);
  return Authority(std::move(impl));
}

Result<Authority> Authority::create(const std::string& common_name, std::chrono::seconds valid_for,
                                    std::chrono::seconds valid_from) {
  return create(AuthorityRequest{common_name, valid_from, valid_for, {}});
}

Result<Authority> Authority::load(std::string_view certificate, std::string_view private_key,
                                  std::optional<std::string_view> password, std::string_view source) {
  auto read = x509::read_certificate_pem(certificate, "the CA certificate");
  if (!read) {
    return tl::unexpected(read.error());
  }
  auto key = x509::parse_private_key(x509::Secret(private_key), password, source);
  if (!key) {
    return fail(ErrorKind::configuration, "{}", key.error().message);
  }
  const mbedtls_x509_crt& parsed = *read->certificate;
  if (mbedtls_pk_check_pair(&parsed.pk, key->get(), x509::psa_random, nullptr) != 0) {
    return fail(ErrorKind::configuration, "{} is not the key of the CA certificate {}", source,
                x509::display_name(parsed));
  }
  if (mbedtls_pk_get_type(key->get()) != MBEDTLS_PK_ECKEY) {
    return fail(ErrorKind::configuration, "{} is not an EC key: only those sign here", source);
  }
  auto impl = std::make_unique<Impl>();
  impl->dn = x509::name_in_words(parsed.subject);
  impl->key = std::move(*key);
  impl->certificate = certificate;
  return Authority(std::move(impl));
}

const std::string& Authority::certificate_pem() const {
  return impl_->certificate;
}

Result<PemPair> Authority::pair() const {
  auto private_key = key_pem(*impl_->key);
  if (!private_key) {
    return tl::unexpected(private_key.error());
  }
  PemPair pair;
  pair.certificate = impl_->certificate;
  pair.private_key = std::move(*private_key);
  return pair;
}

Result<PemPair> Authority::issue(const IssueRequest& request) const {
  return fresh_pair(request, {impl_->dn, impl_->key.get()});
}

Result<std::string> Authority::certify(const IssueRequest& request, std::string_view certificate) const {
  auto read = x509::read_certificate_pem(certificate, "the certificate");
  if (!read) {
    return tl::unexpected(read.error());
  }
  return write_leaf_certificate(request, read->certificate->pk, {impl_->dn, impl_->key.get()});
}

Result<std::string> Authority::revocation_list(const RevocationList& list) const {
  auto read = x509::read_certificate_pem(impl_->certificate, "the CA certificate");
  if (!read) {
    return tl::unexpected(read.error());
  }
  return write_crl(list, *read->certificate, *impl_->key);
}

Result<PemPair> issue_self_signed(const IssueRequest& request) {
  return fresh_pair(request, {});
}

}  // namespace persona::authority
