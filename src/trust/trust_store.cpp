#include "persona/trust/trust_store.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "anchors.hpp"
#include "persona/trust/signature.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/words.hpp"
#include "revocation.hpp"

namespace persona::trust {

namespace {

using Part = x509::LoadError::Part;
using Severity = x509::LoadError::Severity;

std::optional<std::size_t> line_of_private_key(std::string_view text) {
  const auto blocks = x509::find_pem_blocks(text);
  if (!blocks) {
    return std::nullopt;
  }
  const auto key = std::find_if(blocks->begin(), blocks->end(), x509::is_private_key);
  return key != blocks->end() ? std::optional(key->line) : std::nullopt;
}

/// Appends the CA certificates of one text; a finding in `left_out` for each that is left out.
Result<void> read_ca(x509::CertificateList& list, std::string_view text, std::string_view source,
                     std::size_t index, std::vector<x509::LoadError>& left_out) {
  std::vector<std::string> sentences;
  auto appended = list.append_readable_pem(text, source, sentences);
  for (const std::string& sentence : sentences) {
    left_out.push_back({Part::ca, index, "CA " + sentence});
  }
  return appended;
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

struct TrustStore::Findings {
  std::vector<x509::LoadError> errors;
  AnchorFindings anchors;
  std::vector<x509::LoadError> left_out;  // one for each CA certificate that cannot be parsed
  std::vector<x509::LoadError> warnings;
};

TrustStore::TrustStore() = default;
TrustStore::~TrustStore() = default;

TrustStore::Loaded TrustStore::load(const TrustFiles& files) {
  Findings found;
  const std::shared_ptr<TrustStore> trust(new TrustStore);
  trust->revocation_ = std::make_unique<RevocationLists>(files.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  for (std::size_t index = 0; index < files.ca.size(); ++index) {
    const auto text = read(files.ca[index], Part::ca, index, found.errors);
    if (!text) {
      continue;
    }
    if (!trust->add_cas(text->view(), files.ca[index].string(), index, files, found)) {
      continue;
    }
    if (const auto line = line_of_private_key(text->view())) {
      found.warnings.push_back({Part::ca, index,
                                fmt::format("{} has a private key (line {}), which is not needed here and "
                                            "may let who reads it issue certificates that "
                                            "are trusted: remove it from this file",
                                            files.ca[index].string(), *line),
                                Severity::warning});
    }
  }
  if (!files.given.source.empty()) {
    trust->add_cas(as_text(files.given.certificates), files.given.source, files.ca.size(), files, found);
  }
  for (std::size_t index = 0; index < files.crl.size(); ++index) {
    const auto text = read(files.crl[index], Part::crl, index, found.errors);
    if (!text) {
      continue;
    }
    if (const auto appended = trust->revocation_->append(text->view(), files.crl[index].string(), index);
        !appended) {
      const auto other = x509::foreign_form(text->view(), files.crl[index].string(), x509::Wanted::crl);
      found.errors.push_back({Part::crl, index, other.value_or(appended.error().message)});
    }
  }
  for (const Bytes& crl : files.given.crls) {
    const std::string name = "what belongs to " + files.given.source;
    if (const auto appended = trust->revocation_->append(as_text(crl), name, files.crl.size()); !appended) {
      found.errors.push_back({Part::crl, files.crl.size(), appended.error().message});
    }
  }
  return complete(trust, std::move(found));
}

/// False: the text cannot be used, which is one more error.
bool TrustStore::add_cas(std::string_view text, const std::string& source, std::size_t index,
                         const TrustFiles& files, Findings& found) {
  x509::CertificateList list;  // of this text alone, so that findings carry its index
  if (const auto appended = read_ca(list, text, source, index, found.left_out); !appended) {
    const auto other = x509::foreign_form(text, source, x509::Wanted::ca);
    found.errors.push_back({Part::ca, index, other.value_or(appended.error().message)});
    return false;
  }
  judge_anchors(list, index, files.role, files.profile, found.anchors);
  files_of_roots_.insert(files_of_roots_.end(), list.size(), index);
  roots_.append(std::move(list));
  return true;
}

TrustStore::Loaded TrustStore::from_pem(const TrustTexts& texts) {
  Findings found;
  const std::shared_ptr<TrustStore> trust(new TrustStore);
  trust->revocation_ = std::make_unique<RevocationLists>(texts.crl_expired_allowed);
  trust->signatures_ = std::make_unique<SignatureCache>();
  if (const auto appended = read_ca(trust->roots_, texts.ca, "the CA text", 0, found.left_out); !appended) {
    found.errors.push_back({Part::ca, 0, appended.error().message});
  }
  trust->files_of_roots_.assign(trust->roots_.size(), 0);
  if (!texts.any_certificates) {
    judge_anchors(trust->roots_, 0, std::nullopt, TrustProfile::private_cas, found.anchors);
  }
  if (!texts.crl.empty()) {
    if (const auto appended = trust->revocation_->append(texts.crl, "the CRL text"); !appended) {
      found.errors.push_back({Part::crl, 0, appended.error().message});
    }
  }
  return complete(trust, std::move(found));
}

/// What load and from_pem end with. One CA among others that has expired, has a weak key or cannot be parsed
/// is one for other programs, or an old one left in a bundle: nothing that it issued is accepted, and it must
/// not keep the others from being used.
TrustStore::Loaded TrustStore::complete(const std::shared_ptr<TrustStore>& trust, Findings found) {
  const bool some_usable = found.anchors.unusable.size() < trust->roots_.size();
  const auto note = [&](x509::LoadError line) {
    line.severity = some_usable ? Severity::warning : Severity::error;
    (some_usable ? found.warnings : found.errors).push_back(std::move(line));
  };
  for (x509::LoadError& line : in_words(found.anchors.unusable)) {
    note(std::move(line));
  }
  for (x509::LoadError& line : found.left_out) {
    if (!some_usable) {
      line.message +=
          "; trust.ca needs the certificate of a CA with an RSA key, or one on P-256, P-384 or P-521";
    }
    note(std::move(line));
  }
  for (x509::LoadError& line : in_words(found.anchors.odd)) {
    line.severity = Severity::warning;
    found.warnings.push_back(std::move(line));
  }
  if (!found.errors.empty()) {
    found.errors.insert(found.errors.end(), found.warnings.begin(), found.warnings.end());
    return tl::unexpected(std::move(found.errors));
  }
  trust->warnings_ = std::move(found.warnings);
  trust->index_roots();
  return trust;
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
