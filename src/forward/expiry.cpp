#include "persona/forward/expiry.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"

namespace persona::forward {

namespace {

/// What the CA/Browser Forum calls short-lived since 2026 (Baseline Requirements section 1.6.1): SVIDs, say.
constexpr std::chrono::seconds short_lived = std::chrono::days(7);

}  // namespace

std::vector<Expiry> expiries_of(const identity::Identity& identity) {
  std::vector<Expiry> expiries;
  for (const auto& each : identity.chain().describe()) {
    const auto role = expiries.empty() ? Expiry::Role::leaf : Expiry::Role::intermediate;
    expiries.push_back(expiry_of(role, each.name, each.not_before, each.not_after));
  }
  return expiries;
}

Expiry expiry_of(Expiry::Role role, const std::string& name, x509::TimePoint not_before,
                 x509::TimePoint not_after) {
  Expiry expiry{role, name, not_after};
  if (const auto period = not_after - not_before; period <= short_lived) {
    expiry.notice = period / 3;
  }
  return expiry;
}

Expiry expiry_of(const trust::CrlInfo& list) {
  Expiry expiry{Expiry::Role::crl, fmt::format("{} ({})", list.issuer, list.source), list.next_update};
  expiry.notice = std::min(expiry.notice, (list.next_update - list.this_update) / 3);
  return expiry;
}

std::string_view to_string(Expiry::Role role) {
  switch (role) {
    case Expiry::Role::leaf:
      return "leaf";
    case Expiry::Role::intermediate:
      return "intermediate";
    case Expiry::Role::ca:
      return "ca";
    case Expiry::Role::gateway:
      return "gateway";
    case Expiry::Role::crl:
      return "crl";
  }
  return {};
}

}  // namespace persona::forward
