#include "persona/identity/trust.hpp"

#include <optional>

#include "crl.hpp"
#include "der_reader.hpp"
#include "distinguished_name.hpp"
#include "file.hpp"
#include "key_bounds.hpp"
#include "signature.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

using Part = LoadError::Part;

/// Why nothing that it issued can be accepted, now or ever.
std::optional<std::string> why_unusable(const mbedtls_x509_crt& certificate, TimePoint at) {
  if (auto problem = validity_problem(certificate, at)) {
    return problem;
  }
  if (const auto defect = key_defect(certificate)) {
    return fmt::format("has a key that {} ({}), so nobody with a certificate of it is let in",
                       defect->predicate, defect->key);
  }
  return std::nullopt;
}

void find_unusable(const CertificateList& list, std::size_t index, std::vector<LoadError>& unusable) {
  const TimePoint at = now();
  for (const mbedtls_x509_crt* certificate = list.get(); certificate != nullptr;
       certificate = certificate->next) {
    if (const auto problem = why_unusable(*certificate, at)) {
      unusable.push_back(
          {Part::ca, index, fmt::format("CA certificate {}: {}", *problem, display_name(*certificate))});
    }
  }
}

/// The file's content, or nothing and one more error.
std::optional<Secret> read(const std::filesystem::path& path, Part part, std::size_t index,
                           std::vector<LoadError>& errors) {
  auto content = read_file(path);
  if (!content) {
    errors.push_back({part, index, content.error().message});
    return std::nullopt;
  }
  return std::move(*content);
}

}  // namespace

Trust::Trust() = default;
Trust::~Trust() = default;

tl::expected<std::shared_ptr<const Trust>, std::vector<LoadError>> Trust::load(const TrustFiles& files) {
  std::vector<LoadError> errors;
  const std::shared_ptr<Trust> trust(new Trust);
  trust->revocation_ = std::make_unique<RevocationLists>(files.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  for (std::size_t index = 0; index < files.ca.size(); ++index) {
    const auto text = read(files.ca[index], Part::ca, index, errors);
    if (!text) {
      continue;
    }
    CertificateList list;  // for this file alone, so that its index goes with what is wrong in it
    if (const auto appended = list.append_pem(text->view(), files.ca[index].string()); !appended) {
      errors.push_back({Part::ca, index, appended.error().message});
      continue;
    }
    find_unusable(list, index, trust->warnings_);
    if (const auto appended = trust->roots_.append_pem(text->view(), files.ca[index].string()); !appended) {
      errors.push_back({Part::ca, index, appended.error().message});
    }
  }
  for (std::size_t index = 0; index < files.crl.size(); ++index) {
    const auto text = read(files.crl[index], Part::crl, index, errors);
    if (!text) {
      continue;
    }
    if (const auto appended = trust->revocation_->append(text->view(), files.crl[index].string());
        !appended) {
      errors.push_back({Part::crl, index, appended.error().message});
    }
  }
  trust->judge_unusable(errors);
  if (!errors.empty()) {
    errors.insert(errors.end(), trust->warnings_.begin(), trust->warnings_.end());
    return tl::unexpected(std::move(errors));
  }
  trust->index_roots();
  return trust;
}

tl::expected<std::shared_ptr<const Trust>, std::vector<LoadError>> Trust::from_pem(const TrustTexts& texts) {
  std::vector<LoadError> errors;
  const std::shared_ptr<Trust> trust(new Trust);
  trust->revocation_ = std::make_unique<RevocationLists>(texts.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  if (const auto appended = trust->roots_.append_pem(texts.ca, "the CA text"); !appended) {
    errors.push_back({Part::ca, 0, appended.error().message});
  }
  if (!texts.any_certificates) {
    find_unusable(trust->roots_, 0, trust->warnings_);
  }
  if (!texts.crl.empty()) {
    if (const auto appended = trust->revocation_->append(texts.crl, "the CRL text"); !appended) {
      errors.push_back({Part::crl, 0, appended.error().message});
    }
  }
  trust->judge_unusable(errors);
  if (!errors.empty()) {
    errors.insert(errors.end(), trust->warnings_.begin(), trust->warnings_.end());
    return tl::unexpected(std::move(errors));
  }
  trust->index_roots();
  return trust;
}

// One CA that has expired or has a weak key among others is an old one that a bundle still has; it is trusted
// no more, and must not keep the others from being used.
void Trust::judge_unusable(std::vector<LoadError>& errors) {
  if (warnings_.size() < roots_.size()) {
    for (LoadError& warning : warnings_) {
      warning.severity = LoadError::Severity::warning;
    }
  } else {
    errors.insert(errors.end(), warnings_.begin(), warnings_.end());
    warnings_.clear();
  }
}

void Trust::index_roots() {
  for (const mbedtls_x509_crt* root = roots_.get(); root != nullptr; root = root->next) {
    roots_by_name_[comparable_name(bytes_of(root->subject_raw))].push_back(root);
  }
}

const std::vector<const mbedtls_x509_crt*>& Trust::roots_named(const std::string& comparable_name) const {
  static const std::vector<const mbedtls_x509_crt*> none;
  const auto found = roots_by_name_.find(comparable_name);
  return found != roots_by_name_.end() ? found->second : none;
}

std::vector<CrlInfo> Trust::crls() const {
  return revocation_->describe();
}

}  // namespace persona::identity
