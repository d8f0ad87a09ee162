// What a configuration takes from the certificate stores of the system: found once, so that all of a load
// sees the same.
#pragma once

#include <optional>
#include <string>

#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/identity/identity.hpp"
#include "persona/store/load.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::cli {

struct Stores {
  std::optional<Result<store::FoundIdentity>> identity{};  ///< nothing: it is in files
  std::optional<Result<store::FoundRoots>> roots{};        ///< nothing: no store is trusted
};

/// Blocks on the system; any thread.
Stores look_into_stores(const config::Config& config);

/// Has them count for identity::content_digest(), and the roots for trust::TrustStore::load().
void note_stores(const Stores& stores, const config::Config& config, identity::IdentityFiles& identity,
                 trust::TrustFiles& trust);

/// A digest of what is found now; to be compared with others of the same configuration.
std::string digest_of_stores(const Stores& stores, const config::Config& config);

/// "LocalMachine\\Root: 57 CA certificates, without 3 that Windows does not trust for TLS"
std::string roots_in_words(const store::FoundRoots& roots, const StoreName& name);

}  // namespace persona::cli
