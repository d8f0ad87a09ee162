// What is to be said of the certificates in trust.ca before anybody has connected.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/trust_profile.hpp"
#include "persona/trust/peer_role.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/load_error.hpp"

namespace persona::trust {

/// Of one certificate of trust.ca.
struct AnchorFinding {
  std::size_t file = 0;  ///< its index in TrustFiles::ca
  VerifyReason reason = VerifyReason::ok;
  std::string predicate;    ///< to follow "CA certificate"
  std::string_view oddity;  ///< the word for what the profile tolerates; empty: nobody can be verified by it
  std::string name;
};

struct AnchorFindings {
  std::vector<AnchorFinding> unusable;  ///< one for each that cannot be used
  std::vector<AnchorFinding> odd;       ///< of those that can, what is tolerated
};

/// Judges every certificate of one file by the checks of verification. `role`: of those who are to be
/// verified; nothing: only validity and key are looked at.
void judge_anchors(const x509::CertificateList& list, std::size_t file, std::optional<PeerRole> role,
                   TrustProfile profile, AnchorFindings& findings);

/// A line for each; one for all of the same kind, of which public bundles have dozens.
std::vector<x509::LoadError> in_words(const std::vector<AnchorFinding>& findings);

}  // namespace persona::trust
