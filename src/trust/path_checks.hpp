// Is a path acceptable (RFC 5280 section 6.1), given that all its signatures are good?
#pragma once

#include <optional>
#include <vector>

#include "findings.hpp"
#include "persona/x509/time.hpp"

namespace persona::trust {

struct CheckContext {
  const VerifyPolicy& policy;
  x509::TimePoint at;
};

/// Checks everything but signatures and revocation. Returns the gravest finding; of equally grave ones, the
/// one closer to the leaf. Appends what the profile tolerates to `oddities`.
std::optional<Finding> check_path(const Path& path, const CheckContext& context,
                                  std::vector<Oddity>& oddities);

/// What can be checked of a leaf alone: dates, usages, name, pins, clients.allow.
std::optional<Finding> check_leaf(const mbedtls_x509_crt& leaf, const CheckContext& context,
                                  std::vector<Oddity>& oddities);

/// Subject and issuer are the same. Path lengths do not count such a certificate (RFC 5280 section 6.1).
bool is_self_issued(const mbedtls_x509_crt& certificate);

/// Keeps the graver of the two, and `gravest` if they are equal.
void keep_graver(std::optional<Finding>& gravest, std::optional<Finding> found);

}  // namespace persona::trust
