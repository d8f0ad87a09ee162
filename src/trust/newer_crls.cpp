// CRLs that are put into use by themselves, because the rest of what is on disk is refused.
#include <algorithm>

#include "persona/trust/signature.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/secret.hpp"
#include "persona/x509/words.hpp"
#include "revocation.hpp"

namespace persona::trust {

std::shared_ptr<const TrustStore> TrustStore::with_newer_crls(const std::vector<std::filesystem::path>& files,
                                                              std::vector<CrlInfo>& added) const {
  RevocationLists found(revocation_->expired_allowed());
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (const auto text = x509::read_file(files[index])) {
      // What is wrong with a file has been told where the whole was refused; the lists before that count.
      static_cast<void>(found.append(text->view(), files[index].string(), index));
    }
  }
  auto lists = revocation_->with_newer(found, *this, added);
  if (!lists) {
    return nullptr;
  }
  const std::shared_ptr<TrustStore> next(new TrustStore);
  for (const mbedtls_x509_crt* root = roots_.get(); root != nullptr; root = root->next) {
    if (!next->roots_.append_der(x509::bytes_of(root->raw))) {
      return nullptr;  // out of memory
    }
  }
  next->files_of_roots_ = files_of_roots_;
  next->warnings_ = warnings_;
  next->revocation_ = std::move(lists);
  next->signatures_ = std::make_unique<SignatureCache>();
  next->index_roots();
  return next;
}

/// Nothing is known of a list whose issuer is an intermediate CA, because peers bring its certificate: it is
/// put beside the one in use, and counts where the issuer's key proves to have signed it. One that a root's
/// name is on must have a root's signature.
std::unique_ptr<RevocationLists> RevocationLists::with_newer(const RevocationLists& found,
                                                             const TrustStore& trust,
                                                             std::vector<CrlInfo>& added) const {
  auto result = std::make_unique<RevocationLists>(expired_allowed_);
  result->entries_ = entries_;
  std::vector<CrlInfo> infos = found.describe();
  for (std::size_t index = 0; index < found.entries_.size(); ++index) {
    Entry entry = found.entries_[index];
    const auto is_of_same_key = [&entry](const Entry& other) { return have_same_issuer(entry, other); };
    const auto is_as_new = [&](const Entry& other) {
      return is_of_same_key(other) &&
             x509::to_time_point(entry.list->this_update) <= x509::to_time_point(other.list->this_update);
    };
    auto& entries = result->entries_;
    if (std::any_of(entries.begin(), entries.end(), is_as_new)) {
      continue;
    }
    const auto& roots = trust.roots_named(x509::comparable_name(x509::bytes_of(entry.list->issuer_raw)));
    const bool is_signed = std::any_of(roots.begin(), roots.end(), [&](const mbedtls_x509_crt* root) {
      return is_signed_list(entry, *root, trust.signatures());
    });
    if (!is_signed && (!roots.empty() || std::none_of(entries.begin(), entries.end(), is_of_same_key))) {
      continue;
    }
    entry.is_proven = is_signed;
    std::erase_if(entries, [&](const Entry& other) {
      return is_of_same_key(other) && (is_signed || !other.is_proven);
    });
    entries.push_back(std::move(entry));
    added.push_back(std::move(infos[index]));
  }
  return added.empty() ? nullptr : std::move(result);
}

}  // namespace persona::trust
