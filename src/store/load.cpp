#include "persona/store/load.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "persona/store/system_store.hpp"

namespace persona::store {

namespace {

void append(Bytes& bytes, ByteView more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

std::string FoundIdentity::to_string() const {
  const std::string which =
      choice.older == 0 ? ""
                        : fmt::format(", the newest of {} with {}", choice.older + 1, selector.to_string());
  return fmt::format("{}, thumbprint {}{}", store.to_string(), choice.thumbprint, which);
}

Result<FoundIdentity> find_identity(const StoreName& store, const StoreSelector& selector,
                                    identity::IdentityUse use) {
  auto certificates = certificates_in(store);
  if (!certificates) {
    return tl::unexpected(certificates.error());
  }
  const std::string template_oid =
      selector.kind == StoreSelector::Kind::template_name ? oid_of_template(selector.value) : "";
  const auto choice = choose(*certificates, store, selector, template_oid, use, x509::now());
  if (!choice) {
    return tl::unexpected(choice.error());
  }
  Bytes leaf = std::move((*certificates)[choice->index].der);
  Bytes chain = leaf;
  for (const Bytes& issuer : issuers_of(store, leaf)) {
    append(chain, issuer);
  }
  return FoundIdentity{store, selector, *choice, std::move(leaf), std::move(chain)};
}

identity::Identity::Loaded load_identity(const FoundIdentity& found, identity::IdentityUse use) {
  auto key = open_key(found.store, found.leaf);
  if (!key) {
    return tl::unexpected(std::vector<x509::LoadError>{
        {x509::LoadError::Part::certificate, 0, std::move(key.error().message)}});
  }
  return identity::Identity::with_signer(as_text(found.chain), std::move(*key), use, found.store.to_string());
}

Result<FoundRoots> find_roots(const StoreName& store, trust::PeerRole role) {
  auto certificates = certificates_in(store);
  if (!certificates) {
    return tl::unexpected(certificates.error());
  }
  const std::vector<Bytes> refused = distrusted();
  // The order of a store is nobody's promise, and what it was before is compared with what it is.
  std::multiset<std::string_view> trusted;
  for (const StoredCertificate& each : *certificates) {
    if (may_vouch(each.restrictions, role, x509::now()) &&
        std::find(refused.begin(), refused.end(), each.der) == refused.end()) {
      trusted.insert(as_text(each.der));
    }
  }
  FoundRoots roots;
  roots.count = trusted.size();
  roots.left_out = certificates->size() - trusted.size();
  for (const std::string_view each : trusted) {
    append(roots.certificates, as_bytes(each));
  }
  if (roots.count == 0) {
    return fail(
        ErrorKind::configuration, "{} has no CA certificate{}", store.to_string(),
        roots.left_out == 0 ? "" : fmt::format(" that Windows trusts for TLS ({} left out)", roots.left_out));
  }
  return roots;
}

}  // namespace persona::store
