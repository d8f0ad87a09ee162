// Finds an acceptable path from a leaf to trust.ca, if there is one (RFC 4158): certificates come in any
// order, CAs are cross-signed, and one bad path must not hide a good one.
//
// A path is first built by names and then verified from trust.ca downwards. Each signature is checked with a
// key that is already known to be trusted, so a stranger's key is never used.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "findings.hpp"
#include "issuer_graph.hpp"
#include "path_checks.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

/// One search. Strangers decide what is searched, so every cost is bounded.
class PathBuilder {
 public:
  static constexpr std::size_t most_signatures = 16;     ///< computed; remembered ones cost nothing
  static constexpr std::size_t most_bad_signatures = 6;  ///< of those
  static constexpr std::size_t most_paths = 32;          ///< complete and verified, but not acceptable
  static constexpr std::size_t most_steps = 1000;        ///< certificates visited
  static constexpr std::size_t longest_path = 16;        ///< self-issued certificates included
  static constexpr std::size_t most_presented = 32;

  PathBuilder(const TrustStore& trust, const mbedtls_x509_crt& presented, const CheckContext& context);

  /// Nothing if there is an acceptable path; otherwise why not, from the path that came closest.
  std::optional<Finding> search();

  /// What is odd about the path found, and tolerated by the profile.
  std::vector<Oddity>& oddities() { return oddities_; }

  /// When the first certificate of the path found, or CRL used for it, expires.
  x509::TimePoint valid_until() const { return valid_until_; }

  /// The path found, if VerifyPolicy::keep_path asks for it.
  const std::shared_ptr<const PeerPath>& kept_path() const { return kept_path_; }

 private:
  bool climb();
  bool try_anchor(const mbedtls_x509_crt& anchor);
  bool is_verified(std::size_t child, const mbedtls_x509_crt& issuer);
  bool accept(const Path& path);
  std::optional<Finding> check_revocation(const Path& path, x509::TimePoint& until) const;
  void find_dead_ends();

  bool may_step();
  bool refuses_hash();
  bool has_issuer_presented(std::size_t depth) const;
  bool is_on_path(std::size_t index, std::size_t depth) const;
  bool is_broken() const;
  void note_refused(Finding finding);

  const mbedtls_x509_crt& at(std::size_t depth) const { return *graph_[path_[depth]].certificate; }
  std::size_t tip() const { return path_.size() - 1; }  // its depth
  Narrator narrator(std::size_t depth) const { return {context_.policy.role, at(depth), depth}; }

  const TrustStore& trust_;
  const CheckContext& context_;
  IssuerGraph graph_;
  std::vector<std::size_t> path_{0};                                    // nodes, the leaf first
  std::set<std::pair<std::size_t, const mbedtls_x509_crt*>> verified_;  // node and issuer
  std::size_t signatures_ = 0;
  std::size_t bad_signatures_ = 0;
  std::size_t paths_ = 0;
  std::size_t steps_ = 0;
  bool exhausted_ = false;
  std::vector<Oddity> oddities_;
  x509::TimePoint valid_until_ = x509::TimePoint::max();
  std::shared_ptr<const PeerPath> kept_path_;
  std::optional<Finding> refused_;     // why a path to an anchor is not acceptable
  std::optional<Finding> unsigned_;    // where a path of names to an anchor has a signature that does not fit
  std::optional<Finding> incomplete_;  // why the longest path without an anchor ends where it does
};

}  // namespace persona::trust
