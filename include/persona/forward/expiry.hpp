// When certificates and CRLs expire.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "persona/x509/time.hpp"

namespace persona::identity {
class Identity;
}  // namespace persona::identity
namespace persona::trust {
struct CrlInfo;
}  // namespace persona::trust

namespace persona::forward {

struct Expiry {
  enum class Role {
    leaf,          ///< our own certificate
    intermediate,  ///< in our chain
    ca,            ///< in trust.ca
    gateway,       ///< the gateway's leaf, as last seen
    crl,           ///< a revocation list in trust.crl
  };

  Role role = Role::leaf;
  std::string name;           ///< the certificate's; of a CRL its issuer, and the file that has it
  x509::TimePoint not_after;  ///< of a CRL its nextUpdate (RFC 5280 section 5.1.2.5)
  /// How long before it to begin with warnings, at most 30 days. What is renewed as often as it expires, CRLs
  /// and certificates that live for a week at most, has the last third of its period.
  std::chrono::seconds notice = std::chrono::days(30);
};

/// Of our chain.
std::vector<Expiry> expiries_of(const identity::Identity& identity);

/// Of a certificate.
Expiry expiry_of(Expiry::Role role, const std::string& name, x509::TimePoint not_before,
                 x509::TimePoint not_after);

/// One of trust.crl.
Expiry expiry_of(const trust::CrlInfo& list);

/// The `role` label of the gauge.
std::string_view to_string(Expiry::Role role);

}  // namespace persona::forward
