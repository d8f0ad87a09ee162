// An identity, and CAs, from a certificate store of the operating system. Everything blocks; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/windows_store.hpp"
#include "persona/identity/identity.hpp"
#include "persona/store/stored_certificate.hpp"
#include "persona/trust/peer_role.hpp"

namespace persona::store {

struct FoundIdentity {
  StoreName store;
  StoreSelector selector;
  Choice choice;
  Bytes leaf;   ///< DER
  Bytes chain;  ///< DER, one after the other: the leaf first, no root

  /// For people: "LocalMachine\My, thumbprint AB12..., the newest of 2 with subject \"app1\"".
  std::string to_string() const;
};

/// Which certificate is meant now. The key is not opened.
Result<FoundIdentity> find_identity(const StoreName& store, const StoreSelector& selector,
                                    identity::IdentityUse use);

/// With its private key, which stays in the store.
identity::Identity::Loaded load_identity(const FoundIdentity& found, identity::IdentityUse use);

struct FoundRoots {
  Bytes certificates;  ///< DER, one after the other; of equal contents of the store, equal
  std::size_t count = 0;
  std::size_t left_out = 0;  ///< those that Windows does not trust for peers of that role
};

/// The certificates of a store that may vouch for peers. Fails if there are none.
Result<FoundRoots> find_roots(const StoreName& store, trust::PeerRole role);

}  // namespace persona::store
