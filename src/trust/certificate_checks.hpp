// The rules for a single certificate (RFC 5280 section 4, and for gateways the CA/Browser Forum's baseline
// requirements).
#pragma once

#include <optional>

#include "path_checks.hpp"
#include "persona/trust/verify_reason.hpp"
#include "persona/x509/extensions.hpp"

namespace persona::trust {

/// Where a certificate stands in its path.
enum class Position { leaf, intermediate, anchor };

/// The first rule broken, as a predicate to follow "the certificate".
struct Defect {
  VerifyReason reason = VerifyReason::bad_extension;
  std::string predicate;
};

/// The rules for all certificates: version, serial, key identifiers, critical extensions.
std::optional<Defect> common_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position);

/// The rules for a certificate that has issued another: basicConstraints, keyUsage, extendedKeyUsage, names.
std::optional<Defect> issuer_defect(const mbedtls_x509_crt& certificate, const x509::Extensions& extensions,
                                    Position position, PeerRole role);

/// The rules for a leaf: usages, names and constraints.
std::optional<Defect> leaf_defect(const mbedtls_x509_crt& leaf, const x509::Extensions& extensions,
                                  PeerRole role);

/// The gravest rule that it breaks in this place, by itself: all of the above, but neither validity nor key.
std::optional<Defect> defect_in_place(const mbedtls_x509_crt& certificate, Position position, PeerRole role);

/// Why no peer can be verified by this certificate of trust.ca, if so. One that is self-signed may be the
/// peer's own, and then has to follow the rules for a leaf alone.
std::optional<Defect> anchor_defect(const mbedtls_x509_crt& anchor, PeerRole role);

}  // namespace persona::trust
