#include "stores.hpp"

#include <fmt/format.h>

#include "persona/identity/digest.hpp"
#include "persona/store/system_store.hpp"

namespace persona::cli {

namespace {

using config::Mode;

template <class T>
Result<T> only_on_windows(std::string_view instead) {
  return fail(ErrorKind::configuration, "only Windows has certificate stores; on this system name {}",
              instead);
}

}  // namespace

Stores look_into_stores(const config::Config& config) {
  Stores stores;
  const bool dials = config.mode == Mode::persona;
  if (const auto& named = config.identity.windows_store) {
    stores.identity =
        store::stores_are_supported()
            ? store::find_identity(named->value.store, named->value.selector,
                                   dials ? identity::IdentityUse::client : identity::IdentityUse::server)
            : only_on_windows<store::FoundIdentity>("files in identity.certificate and identity.private_key");
  }
  if (const auto& named = config.trust.windows_store) {
    stores.roots =
        store::stores_are_supported()
            ? store::find_roots(named->value, dials ? trust::PeerRole::gateway : trust::PeerRole::client)
            : only_on_windows<store::FoundRoots>("files in trust.ca");
  }
  return stores;
}

void note_stores(const Stores& stores, const config::Config& config, identity::IdentityFiles& identity,
                 trust::TrustFiles& trust) {
  if (stores.identity) {
    const auto& found = *stores.identity;
    identity.key_elsewhere =
        found ? found->to_string() + std::string(as_text(found->chain)) : found.error().message;
  }
  if (stores.roots && *stores.roots) {
    trust.given = {config.trust.windows_store->value.to_string(), (*stores.roots)->certificates};
  }
}

std::string digest_of_stores(const Stores& stores, const config::Config& config) {
  identity::IdentityFiles identity;
  trust::TrustFiles trust;
  note_stores(stores, config, identity, trust);
  return identity::content_digest(identity, trust);
}

std::string roots_in_words(const store::FoundRoots& roots, const StoreName& name) {
  return fmt::format("{}: {} CA certificate{}{}", name.to_string(), roots.count, roots.count == 1 ? "" : "s",
                     roots.left_out == 0
                         ? ""
                         : fmt::format(", without {} that Windows does not trust for TLS", roots.left_out));
}

}  // namespace persona::cli
