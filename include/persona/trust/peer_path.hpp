// By which certificates a peer was accepted: what a CRL that comes later is compared with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/trust/peer_role.hpp"

namespace persona::trust {

class TrustStore;

/// One certificate of an accepted path, and who issued it.
struct PathLink {
  std::string serial;  ///< octets without leading zeros
  Bytes issuer;        ///< the certificate (DER) whose key has signed it
};

/// From the leaf upwards; the last issuer is the anchor. A self-signed leaf that is its own anchor has none.
using PeerPath = std::vector<PathLink>;

/// Looks for peers that were accepted once and that the CRLs of `trust` revoke now. What it has parsed and
/// verified it keeps, so that one sweep may look at many paths. One thread.
class RevocationSweep {
 public:
  RevocationSweep(std::shared_ptr<const TrustStore> trust, PeerRole role);
  ~RevocationSweep();
  RevocationSweep(const RevocationSweep&) = delete;
  RevocationSweep& operator=(const RevocationSweep&) = delete;

  /// The sentence if a certificate of `path` was revoked: "client certificate was revoked by CN=Example CA:
  /// CN=laptop". `leaf`: its name.
  std::optional<std::string> find(const PeerPath& path, std::string_view leaf);

 private:
  struct Issuer;
  const Issuer& issuer(const Bytes& certificate);

  std::shared_ptr<const TrustStore> trust_;
  PeerRole role_;
  std::map<std::string, std::unique_ptr<Issuer>> issuers_;  // by certificate
};

}  // namespace persona::trust
