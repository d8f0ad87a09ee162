#include "persona/trust/trust_store.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "certificate_checks.hpp"
#include "persona/trust/signature.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/few_of.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"
#include "revocation.hpp"

namespace persona::trust {

namespace {

using Part = x509::LoadError::Part;

/// A certificate of trust.ca by which nobody can be verified.
struct Unusable {
  std::size_t file = 0;
  VerifyReason reason = VerifyReason::ok;
  std::string predicate;  ///< why, to follow "CA certificate"
  std::string name;
};

/// `role`: nothing to look at validity and key alone.
std::optional<Unusable> why_unusable(const mbedtls_x509_crt& certificate, std::size_t file,
                                     std::optional<PeerRole> role) {
  Unusable found{file, VerifyReason::ok, {}, x509::display_name(certificate)};
  const x509::TimePoint at = x509::now();
  if (auto problem = x509::validity_problem(certificate, at)) {
    const bool expired = x509::to_time_point(certificate.valid_to) < at;
    found.reason = expired ? VerifyReason::expired : VerifyReason::not_yet_valid;
    found.predicate = std::move(*problem);
    return found;
  }
  if (const auto defect = x509::key_defect(certificate)) {
    found.reason = VerifyReason::weak_key;
    found.predicate = fmt::format("has a key that {} ({}), so nobody with a certificate of it is let in",
                                  defect->predicate, defect->key);
    return found;
  }
  if (const auto defect = role ? anchor_defect(certificate, *role) : std::nullopt) {
    const bool is_leaf = defect->reason == VerifyReason::not_a_ca && !is_self_issued(certificate) &&
                         mbedtls_x509_crt_get_ca_istrue(&certificate) != 1;
    found.reason = defect->reason;
    found.predicate =
        is_leaf ? fmt::format(
                      "is not a CA's (basicConstraints), so nobody is let in by it; trust.ca needs the "
                      "certificate of its issuer, {}",
                      x509::name_in_words(certificate.issuer))
                : fmt::format("{}, so nobody with a certificate of it is let in", defect->predicate);
    return found;
  }
  return std::nullopt;
}

void find_unusable(const x509::CertificateList& list, std::size_t file, std::optional<PeerRole> role,
                   std::vector<Unusable>& unusable) {
  for (const mbedtls_x509_crt* certificate = list.get(); certificate != nullptr;
       certificate = certificate->next) {
    if (auto found = why_unusable(*certificate, file, role)) {
      unusable.push_back(std::move(*found));
    }
  }
}

/// Public bundles have dozens of the same kind, which are one line.
std::vector<x509::LoadError> in_words(const std::vector<Unusable>& unusable) {
  const auto is_same_kind = [](const Unusable& one, const Unusable& other) {
    return one.file == other.file && one.reason == other.reason &&
           (one.reason != VerifyReason::bad_extension || one.predicate == other.predicate);
  };
  std::vector<x509::LoadError> lines;
  for (std::size_t index = 0; index < unusable.size(); ++index) {
    const Unusable& first = unusable[index];
    const auto from = unusable.begin() + static_cast<std::ptrdiff_t>(index);
    const auto is_told = [&](const Unusable& one) { return is_same_kind(one, first); };
    if (std::any_of(unusable.begin(), from, is_told)) {
      continue;
    }
    std::vector<std::string> names;
    for (auto each = from; each != unusable.end(); ++each) {
      if (is_told(*each)) {
        names.push_back(each->name);
      }
    }
    lines.push_back(
        {Part::ca, first.file,
         names.size() == 1
             ? fmt::format("CA certificate {}: {}", first.predicate, first.name)
             : fmt::format("{} CA certificates cannot be used for the same reason (the first {}): {}",
                           names.size(), first.predicate, x509::few_of(names))});
  }
  return lines;
}

/// The file's content; or nothing, and one more error in `errors`.
std::optional<x509::Secret> read(const std::filesystem::path& path, Part part, std::size_t index,
                                 std::vector<x509::LoadError>& errors) {
  auto content = x509::read_file(path);
  if (!content) {
    errors.push_back({part, index, content.error().message});
    return std::nullopt;
  }
  return std::move(*content);
}

}  // namespace

TrustStore::TrustStore() = default;
TrustStore::~TrustStore() = default;

TrustStore::Loaded TrustStore::load(const TrustFiles& files) {
  std::vector<x509::LoadError> errors;
  std::vector<Unusable> unusable;
  const std::shared_ptr<TrustStore> trust(new TrustStore);
  trust->revocation_ = std::make_unique<RevocationLists>(files.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  for (std::size_t index = 0; index < files.ca.size(); ++index) {
    const auto text = read(files.ca[index], Part::ca, index, errors);
    if (!text) {
      continue;
    }
    x509::CertificateList list;  // of this file alone, so that findings carry its index
    if (const auto appended = list.append_pem(text->view(), files.ca[index].string()); !appended) {
      errors.push_back({Part::ca, index, appended.error().message});
      continue;
    }
    find_unusable(list, index, files.role, unusable);
    trust->files_of_roots_.insert(trust->files_of_roots_.end(), list.size(), index);
    trust->roots_.append(std::move(list));
  }
  for (std::size_t index = 0; index < files.crl.size(); ++index) {
    const auto text = read(files.crl[index], Part::crl, index, errors);
    if (!text) {
      continue;
    }
    if (const auto appended = trust->revocation_->append(text->view(), files.crl[index].string(), index);
        !appended) {
      errors.push_back({Part::crl, index, appended.error().message});
    }
  }
  trust->warnings_ = in_words(unusable);
  return complete(trust, unusable.size(), std::move(errors));
}

TrustStore::Loaded TrustStore::from_pem(const TrustTexts& texts) {
  std::vector<x509::LoadError> errors;
  std::vector<Unusable> unusable;
  const std::shared_ptr<TrustStore> trust(new TrustStore);
  trust->revocation_ = std::make_unique<RevocationLists>(texts.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  if (const auto appended = trust->roots_.append_pem(texts.ca, "the CA text"); !appended) {
    errors.push_back({Part::ca, 0, appended.error().message});
  }
  trust->files_of_roots_.assign(trust->roots_.size(), 0);
  if (!texts.any_certificates) {
    find_unusable(trust->roots_, 0, std::nullopt, unusable);
  }
  if (!texts.crl.empty()) {
    if (const auto appended = trust->revocation_->append(texts.crl, "the CRL text"); !appended) {
      errors.push_back({Part::crl, 0, appended.error().message});
    }
  }
  trust->warnings_ = in_words(unusable);
  return complete(trust, unusable.size(), std::move(errors));
}

/// What load and from_pem end with.
TrustStore::Loaded TrustStore::complete(const std::shared_ptr<TrustStore>& trust, std::size_t unusable,
                                        std::vector<x509::LoadError> errors) {
  trust->judge_unusable(unusable, errors);
  if (!errors.empty()) {
    errors.insert(errors.end(), trust->warnings_.begin(), trust->warnings_.end());
    return tl::unexpected(std::move(errors));
  }
  trust->index_roots();
  return trust;
}

// One CA among others that has expired or has a weak key is an old one left in a bundle. Nothing that it
// issued is accepted, and it must not keep the others from being used.
void TrustStore::judge_unusable(std::size_t count, std::vector<x509::LoadError>& errors) {
  if (count < roots_.size()) {
    for (x509::LoadError& warning : warnings_) {
      warning.severity = x509::LoadError::Severity::warning;
    }
  } else {
    errors.insert(errors.end(), warnings_.begin(), warnings_.end());
    warnings_.clear();
  }
}

void TrustStore::index_roots() {
  for (const mbedtls_x509_crt* root = roots_.get(); root != nullptr; root = root->next) {
    roots_by_name_[x509::comparable_name(x509::bytes_of(root->subject_raw))].push_back(root);
  }
}

const std::vector<const mbedtls_x509_crt*>& TrustStore::roots_named(
    const std::string& comparable_name) const {
  static const std::vector<const mbedtls_x509_crt*> none;
  const auto found = roots_by_name_.find(comparable_name);
  return found != roots_by_name_.end() ? found->second : none;
}

std::vector<CrlInfo> TrustStore::crls() const {
  return revocation_->describe();
}

bool TrustStore::allows_expired_crls() const {
  return revocation_->expired_allowed();
}

}  // namespace persona::trust
