// Which certificates may have issued which, by their names alone: no key is used here.
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/trust/trust_store.hpp"

namespace persona::trust {

/// The certificates that a peer presented, each linked to those of its issuer's name. Links that turn out to
/// be wrong are cut.
class IssuerGraph {
 public:
  struct Node {
    const mbedtls_x509_crt* certificate = nullptr;
    /// Those of its issuer's name in trust.ca. Key identifiers only decide which to try first (RFC 4158
    /// section 3.5.12).
    std::vector<const mbedtls_x509_crt*> anchors;
    /// The same among those presented, as indices.
    std::vector<std::size_t> issuers;
    /// The first node of the same name and key: cross-signing gives one CA several certificates.
    std::size_t holder = 0;
    /// Does a path of names, without a cut link, lead from here to trust.ca?
    bool leads_to_anchor = false;
  };

  /// `leaf` becomes node 0, and the list after it the other nodes. All must outlive this.
  IssuerGraph(const TrustStore& trust, const mbedtls_x509_crt& leaf);

  const Node& operator[](std::size_t index) const { return nodes_[index]; }

  /// `issuer` did not sign this one, or its key is not used.
  void cut(std::size_t index, const mbedtls_x509_crt& issuer);
  bool is_cut(std::size_t index, const mbedtls_x509_crt& issuer) const {
    return cuts_.contains({index, &issuer});
  }

 private:
  void find_ways();

  std::vector<Node> nodes_;
  std::set<std::pair<std::size_t, const mbedtls_x509_crt*>> cuts_;
};

}  // namespace persona::trust
