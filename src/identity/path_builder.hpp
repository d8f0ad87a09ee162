// Finds a path from a leaf to trust.ca that is acceptable, among all there are (RFC 4158): certificates come
// in any order, CAs are cross-signed, and one bad path does not hide a good one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "findings.hpp"
#include "path_checks.hpp"

namespace persona::identity {

/// One search. What strangers send decides how long it takes, so it is bounded.
class PathBuilder {
 public:
  static constexpr std::size_t most_signatures = 64;  ///< looked at
  static constexpr std::size_t longest_path = 16;     ///< self-issued certificates included
  static constexpr std::size_t most_presented = 32;

  PathBuilder(const Trust& trust, const mbedtls_x509_crt& presented, const CheckContext& context);

  /// Nothing when there is a path; else why not, of the path that came closest.
  std::optional<Finding> search();

  /// When the first certificate of the path found expires, or a CRL that was asked.
  TimePoint valid_until() const { return valid_until_; }

 private:
  bool extend();
  bool try_anchor(const mbedtls_x509_crt& anchor);
  bool accept();
  void note_incomplete(Finding finding);
  bool signed_by(const mbedtls_x509_crt& issuer);
  bool is_on_path(const mbedtls_x509_crt& certificate) const;
  std::optional<Finding> check_revocation(TimePoint& until) const;
  const mbedtls_x509_crt& tip() const { return *path_.back(); }
  std::size_t depth() const { return path_.size() - 1; }

  const Trust& trust_;
  const CheckContext& context_;
  std::vector<const mbedtls_x509_crt*> presented_;  // but for the leaf
  Path path_;
  std::size_t signatures_ = 0;
  TimePoint valid_until_ = TimePoint::max();
  std::optional<Finding> incomplete_;  // why the longest path that reaches no anchor does not
  std::optional<Finding> refused_;     // why a path that reaches one is not acceptable
};

}  // namespace persona::identity
