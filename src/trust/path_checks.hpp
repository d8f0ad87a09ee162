// Is a path acceptable (RFC 5280 section 6.1), given that each of its signatures is good?
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

/// Everything but signatures and revocation. The gravest of what is wrong; of equals the one closer to the
/// leaf.
std::optional<Finding> check_path(const Path& path, const CheckContext& context);

/// What can be asked of a leaf alone: dates, usages, name, pins.
std::optional<Finding> check_leaf(const mbedtls_x509_crt& leaf, const CheckContext& context);

/// Issued under its own name: not counted by path lengths (RFC 5280 section 6.1).
bool is_self_issued(const mbedtls_x509_crt& certificate);

/// The graver of two; null and `found` for the first.
void keep_graver(std::optional<Finding>& gravest, std::optional<Finding> found);

}  // namespace persona::trust
