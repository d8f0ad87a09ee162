#include "path_checks.hpp"

#include <algorithm>

#include "certificate_checks.hpp"
#include "matches_name.hpp"
#include "name_constraints.hpp"
#include "persona/trust/client_rules.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

Position position_of(const Path& path, std::size_t depth) {
  if (depth == 0) {
    return Position::leaf;
  }
  return depth + 1 == path.size() ? Position::anchor : Position::intermediate;
}

bool is_valid_at(const mbedtls_x509_crt& certificate, x509::TimePoint at) {
  return x509::to_time_point(certificate.valid_from) <= at && at <= x509::to_time_point(certificate.valid_to);
}

/// The checks of one certificate by itself, whatever is above and below it.
std::optional<Finding> check_one(const mbedtls_x509_crt& certificate, std::size_t depth, Position position,
                                 const CheckContext& context) {
  const Narrator narrator(context.policy.role, certificate, depth);
  std::optional<Finding> gravest;
  if (const auto defect = defect_in_place(certificate, position, context.policy.role)) {
    gravest = narrator.about(defect->reason, defect->predicate);
  }
  if (!is_valid_at(certificate, context.at)) {
    keep_graver(gravest, narrator.expired_or_early(context.at));
  }
  if (const auto defect = x509::key_defect(certificate)) {
    keep_graver(gravest, narrator.bad_key(*defect));
  }
  return gravest;
}

/// RFC 5280 section 6.1.4 (l) and (m), counted from the leaf.
std::optional<Finding> check_lengths(const Path& path, const CheckContext& context) {
  std::size_t below = 0;  // intermediates that are not self-issued
  for (std::size_t depth = 1; depth < path.size(); ++depth) {
    const mbedtls_x509_crt& issuer = *path[depth];
    const auto limit = x509::path_length_limit(issuer);
    if (limit && below > *limit) {
      return Narrator(context.policy.role, issuer, depth)
          .about(VerifyReason::path_length,
                 fmt::format("allows {} CA certificates below it, and there are {} (pathLenConstraint)",
                             *limit, below));
    }
    if (depth + 1 < path.size() && !is_self_issued(issuer)) {
      ++below;
    }
  }
  if (below > context.policy.max_intermediates) {
    return Narrator(context.policy.role, *path.front(), 0)
        .about(
            VerifyReason::too_deep,
            fmt::format("has {} CA certificates between it and the root, more than the {} that are allowed",
                        below, context.policy.max_intermediates));
  }
  return std::nullopt;
}

/// RFC 5280 section 6.1.3 (b) and (c): constraints apply to every certificate below, but to a self-issued one
/// only if it is the leaf.
std::optional<Finding> check_name_constraints(const Path& path, const CheckContext& context) {
  std::size_t comparisons = 0;
  for (std::size_t depth = 1; depth < path.size(); ++depth) {
    const auto extensions = x509::Extensions::read(x509::bytes_of(path[depth]->v3_ext));
    const x509::Extension* extension = extensions ? extensions->find(x509::oid::name_constraints) : nullptr;
    const auto constraints = extension != nullptr ? NameConstraints::read(extension->value) : std::nullopt;
    if (!constraints) {
      continue;  // check_one() reports malformed ones
    }
    for (std::size_t below = 0; below < depth; ++below) {
      const mbedtls_x509_crt& certificate = *path[below];
      if (below > 0 && is_self_issued(certificate)) {
        continue;
      }
      const Narrator narrator(context.policy.role, certificate, below);
      for (const GeneralName& name : names_of(certificate)) {
        comparisons += constraints->size();
        if (comparisons > NameConstraints::most_comparisons) {
          return narrator.about(VerifyReason::too_deep,
                                "has too many names for the many nameConstraints above it");
        }
        if (const auto why = constraints->refuse(name)) {
          return narrator.about(
              VerifyReason::name_constraint,
              fmt::format("has a name that its CA {} may not certify: the {} {} by nameConstraints",
                          x509::display_name(*path[depth]), in_words(name), *why));
        }
      }
    }
  }
  return std::nullopt;
}

/// What this connection expects of a leaf that is otherwise valid.
std::optional<Finding> check_expectations(const mbedtls_x509_crt& leaf, const CheckContext& context) {
  const VerifyPolicy& policy = context.policy;
  const Narrator narrator(policy.role, leaf, 0);
  std::optional<Finding> gravest;
  if (policy.expected_name && !matches_name(leaf, *policy.expected_name)) {
    keep_graver(gravest, narrator.wrong_name(*policy.expected_name));
  }
  if (!policy.pins.empty()) {
    const SpkiPin pin = x509::spki_pin_of(leaf);
    if (std::find(policy.pins.begin(), policy.pins.end(), pin) == policy.pins.end()) {
      keep_graver(gravest, narrator.about(VerifyReason::pin_mismatch,
                                          fmt::format("has a key that is none of {}.pins ({})",
                                                      to_string(policy.role), pin.to_string())));
    }
  }
  if (policy.clients != nullptr && !policy.clients->admits(leaf)) {
    keep_graver(gravest, Finding{VerifyReason::not_allowed, policy.clients->refusal(leaf), 0});
  }
  return gravest;
}

}  // namespace

bool is_self_issued(const mbedtls_x509_crt& certificate) {
  return x509::same_distinguished_name(x509::bytes_of(certificate.subject_raw),
                                       x509::bytes_of(certificate.issuer_raw));
}

void keep_graver(std::optional<Finding>& gravest, std::optional<Finding> found) {
  if (found && (!gravest || found->reason < gravest->reason)) {
    gravest = std::move(found);
  }
}

std::optional<Finding> check_leaf(const mbedtls_x509_crt& leaf, const CheckContext& context) {
  std::optional<Finding> gravest = check_one(leaf, 0, Position::leaf, context);
  keep_graver(gravest, check_expectations(leaf, context));
  return gravest;
}

std::optional<Finding> check_path(const Path& path, const CheckContext& context) {
  std::optional<Finding> gravest = check_leaf(*path.front(), context);
  for (std::size_t depth = 1; depth < path.size(); ++depth) {
    keep_graver(gravest, check_one(*path[depth], depth, position_of(path, depth), context));
  }
  keep_graver(gravest, check_lengths(path, context));
  keep_graver(gravest, check_name_constraints(path, context));
  return gravest;
}

}  // namespace persona::trust
