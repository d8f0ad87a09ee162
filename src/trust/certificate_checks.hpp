// The rules for a single certificate (RFC 5280 section 4, and for gateways the CA/Browser Forum's baseline
// requirements).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persona/base/trust_profile.hpp"
#include "persona/trust/peer_role.hpp"
#include "persona/trust/verify_reason.hpp"

struct mbedtls_x509_crt;

namespace persona::trust {

/// Where a certificate stands in its path.
enum class Position { leaf, intermediate, anchor };

/// A rule that is broken.
struct Defect {
  VerifyReason reason = VerifyReason::bad_extension;
  std::string predicate;         ///< to follow "the certificate"
  std::string_view source = {};  ///< where the rule is written; may be empty
  std::string_view oddity = {};  ///< the word for it where it is tolerated; empty: it never is

  /// Only TrustProfile::web_pki refuses for it, because it lets no attacker in.
  bool is_tolerable() const { return !oddity.empty(); }
  bool is_tolerated(TrustProfile profile) const {
    return is_tolerable() && profile == TrustProfile::private_cas;
  }
};

/// All rules that `certificate` breaks by itself, whatever is above and below it: version, serial, key
/// identifiers, critical extensions; of an issuer basicConstraints, usages and nameConstraints; of a leaf
/// usages and names. Validity, key and signature are not among them.
std::vector<Defect> certificate_defects(const mbedtls_x509_crt& certificate, Position position,
                                        PeerRole role);

}  // namespace persona::trust
