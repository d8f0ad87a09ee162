#include "issuer_graph.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"

namespace persona::trust {

namespace {

bool same_octets(const mbedtls_x509_buf& left, const mbedtls_x509_buf& right) {
  return left.len == right.len && std::equal(left.p, left.p + left.len, right.p);
}

bool identifiers_match(const mbedtls_x509_crt& issuer, const mbedtls_x509_crt& certificate) {
  const mbedtls_x509_buf& wanted = certificate.authority_key_id.keyIdentifier;
  return wanted.len != 0 && same_octets(wanted, issuer.subject_key_id);
}

}  // namespace

IssuerGraph::IssuerGraph(const TrustStore& trust, const mbedtls_x509_crt& leaf) {
  std::unordered_map<std::string, std::vector<std::size_t>> by_name;
  for (const mbedtls_x509_crt* each = &leaf; each != nullptr; each = each->next) {
    Node node;
    node.certificate = each;
    node.holder = nodes_.size();
    auto& namesakes = by_name[x509::comparable_name(x509::bytes_of(each->subject_raw))];
    for (const std::size_t other : namesakes) {
      const mbedtls_x509_crt& one = *nodes_[other].certificate;
      if (same_octets(one.subject_raw, each->subject_raw) && same_octets(one.pk_raw, each->pk_raw)) {
        node.holder = nodes_[other].holder;
        break;
      }
    }
    namesakes.push_back(nodes_.size());
    nodes_.push_back(std::move(node));
  }
  for (Node& node : nodes_) {
    const mbedtls_x509_crt& certificate = *node.certificate;
    const std::string issuer = x509::comparable_name(x509::bytes_of(certificate.issuer_raw));
    node.anchors = trust.roots_named(issuer);
    std::stable_partition(node.anchors.begin(), node.anchors.end(),
                          [&](const mbedtls_x509_crt* one) { return identifiers_match(*one, certificate); });
    if (const auto found = by_name.find(issuer); found != by_name.end()) {
      node.issuers = found->second;
      std::erase(node.issuers, 0);  // a path back through the leaf is a loop
      std::stable_partition(node.issuers.begin(), node.issuers.end(), [&](std::size_t one) {
        return identifiers_match(*nodes_[one].certificate, certificate);
      });
    }
  }
  find_ways();
}

void IssuerGraph::cut(std::size_t index, const mbedtls_x509_crt& issuer) {
  if (cuts_.insert({index, &issuer}).second) {
    find_ways();
  }
}

// Spreads leads_to_anchor from the anchors downwards until nothing changes.
void IssuerGraph::find_ways() {
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    const auto& anchors = nodes_[index].anchors;
    nodes_[index].leads_to_anchor =
        std::any_of(anchors.begin(), anchors.end(),
                    [&](const mbedtls_x509_crt* anchor) { return !is_cut(index, *anchor); });
  }
  for (bool found = true; found;) {
    found = false;
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      const auto& issuers = nodes_[index].issuers;
      if (!nodes_[index].leads_to_anchor &&
          std::any_of(issuers.begin(), issuers.end(), [&](std::size_t issuer) {
            return nodes_[issuer].leads_to_anchor && !is_cut(index, *nodes_[issuer].certificate);
          })) {
        nodes_[index].leads_to_anchor = found = true;
      }
    }
  }
}

}  // namespace persona::trust
