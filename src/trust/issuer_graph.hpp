// Which of the certificates at hand may have issued which, by their names: no key is used here.
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/trust/trust_store.hpp"

namespace persona::trust {

/// The certificates that a peer presented, each with those that are named as its issuer, until they are cut
/// off.
class IssuerGraph {
 public:
  struct Node {
    const mbedtls_x509_crt* certificate = nullptr;
    /// In trust.ca and named as its issuer, the likely ones first: key identifiers only say which to try
    /// first (RFC 4158 section 3.5.12).
    std::vector<const mbedtls_x509_crt*> anchors;
    /// The same among those presented, by their indices.
    std::vector<std::size_t> issuers;
    /// The first that has the same name and key: two certificates of one CA.
    std::size_t holder = 0;
    /// Does a path of names that is not cut lead from here to trust.ca?
    bool leads_to_anchor = false;
  };

  /// `leaf`: node 0, and the others that came behind it. All outlive this.
  IssuerGraph(const TrustStore& trust, const mbedtls_x509_crt& leaf);

  const Node& operator[](std::size_t index) const { return nodes_[index]; }

  /// `issuer` did not sign this one, or cannot have.
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
